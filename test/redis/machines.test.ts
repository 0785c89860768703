import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { type Balancer, balance, MACHINE } from '../support/balancer';
import { CookieJar, locationOf } from '../support/browser';
import { type Machines, startMachines } from '../support/machines';
import { needsRedis, type RunningRedis, startRedis } from '../support/redis';

const LOGINS = 300;

const people = Array.from({ length: LOGINS }, (_, index) => ({
  freedom_id: `u-${index}`,
  firstname: 'Person',
  lastname: `No. ${index}`,
}));

/** A started login: the person has approved it at Freedom ID, but the callback has not reached the app yet. */
interface Login {
  person: (typeof people)[number];
  browser: CookieJar;
  callback: string;
  /** The machine that started the login. */
  machine: string | null;
}

describe('three machines with one Redis, behind a round-robin proxy', function () {
  this.timeout(60_000);
  const counts = {
    logins: 0,
    'on two machines': 0,
    'begun on the machine that was killed': 0,
    'cut off by the kill, and started again': 0,
    'signed in as somebody else': 0,
    'still signed in at the end': 0,
  };
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  let redis: RunningRedis;
  let machines: Machines;
  let app: Balancer;

  before(async function () {
    needsRedis(this);
    emulator = await startEmulator({ users: people });
    redis = await startRedis();
    machines = await startMachines(redis.url, emulator.url);
    app = await balance(machines.urls);
  });
  after(async () => {
    app?.close();
    await machines?.close();
    await redis?.close();
    await emulator?.close();
  });

  async function startLogin(person: Login['person'], browser = new CookieJar()): Promise<Login> {
    const response = await browser.get(`${app.url}/auth/freedom-id`);
    const callback = await emulator.approve(locationOf(response), { as: person.freedom_id });
    return { person, browser, callback, machine: response.headers.get(MACHINE) };
  }

  /** Requests the callback, then checks the page that shows who is signed in. */
  async function finishLogin(login: Login): Promise<void> {
    const response = await login.browser.get(login.callback);
    const machine = response.headers.get(MACHINE);
    if (machine === null) {
      counts['cut off by the kill, and started again'] += 1;
      // Until the machine has ended, the next request might be cut off as well.
      await machines.processes[0]?.ended;
      return finishLogin(await startLogin(login.person, login.browser));
    }
    expect(locationOf(response), login.person.lastname).to.equal('/profile');
    counts.logins += 1;
    if (machine !== login.machine) counts['on two machines'] += 1;
    if ((await nameShownTo(login)) !== nameOf(login)) counts['signed in as somebody else'] += 1;
  }

  async function nameShownTo({ browser }: Login): Promise<string | undefined> {
    const load = () => browser.visit(`${app.url}/profile`);
    let page = await load();
    // A page that died with its machine is loaded again.
    if (page.status === 502) {
      await machines.processes[0]?.ended;
      page = await load();
    }
    return /<h1>(.*)<\/h1>/.exec(page.text)?.[1];
  }

  const nameOf = ({ person }: Login) => `${person.firstname} ${person.lastname}`;

  it('complete every login whose callback reaches a running one, even if one is killed and Redis restarts', async () => {
    const third = LOGINS / 3;
    const startLogins = (from: number) =>
      Promise.all(people.slice(from, from + third).map((person) => startLogin(person)));

    const undisturbed = await startLogins(0);
    await Promise.all(undisturbed.map(finishLogin));

    // One machine dies while some logins are pending and while callbacks come in.
    const duringKill = await startLogins(third);
    counts['begun on the machine that was killed'] = duringKill.filter(
      ({ machine }) => machine === '0',
    ).length;
    const early = duringKill.slice(0, third / 2).map(finishLogin);
    const before = app.forwarded;
    while (app.forwarded < before + 10) await setImmediate();
    machines.processes[0]?.process.kill('SIGKILL');
    await machines.processes[0]?.ended;
    await Promise.all([...early, ...duringKill.slice(third / 2).map(finishLogin)]);

    // The callbacks come in while Redis is away, and wait for it.
    const duringRestart = await startLogins(2 * third);
    await redis.stop();
    // A command that is sent before a machine has noticed is lost with the connection.
    const haveNoticed = () => machines.processes.slice(1).every(({ stderr }) => stderr.includes('Redis: '));
    while (!haveNoticed()) await setImmediate();
    const waiting = duringRestart.map(finishLogin);
    const sent = app.forwarded;
    while (app.forwarded < sent + third) await setImmediate();
    await redis.start();
    await Promise.all(waiting);

    const stillThere = async (login: Login) => {
      if ((await nameShownTo(login)) === nameOf(login)) counts['still signed in at the end'] += 1;
    };
    await Promise.all([...undisturbed, ...duringKill, ...duringRestart].map(stillThere));
    for (const [what, count] of Object.entries(counts)) console.log(`      ${count} ${what}`);
    expect(counts).to.include({
      logins: LOGINS,
      'on two machines': LOGINS,
      'signed in as somebody else': 0,
      'still signed in at the end': LOGINS,
    });
    expect(counts['begun on the machine that was killed']).to.be.above(0);
    for (const { stderr } of machines.processes) expect(stderr).to.match(/^(Redis: .*\n)*$/);
  });
});
