import { expect } from 'chai';
import { linkFor } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';

describe('emulator.approve() and emulator.refuse()', () => {
  const emulator = useEmulator();
  const both = [
    ['approve', (link: unknown) => emulator.approve(link as string)],
    ['refuse', (link: unknown) => emulator.refuse(link as string)],
  ] as const;

  it('say what a link is where they get something else', async () => {
    const wrong: [unknown, string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [302, '302'],
      [{ headers: { location: 'x' } }, 'of type object'],
      ['', '""'],
      ['/login?track_id=x', '"/login?…"'],
    ];
    for (const [name, act] of both) {
      for (const [link, shown] of wrong) {
        const error = await act(link).catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          `${name}: link must be the Location that your login route redirects to, and is ${shown}`,
        );
      }
    }
  });

  it('refuse a link to somewhere else, without showing its query', async () => {
    const own = await linkFor(emulator);
    for (const [name, act] of both) {
      for (const [link, shown] of [
        ['https://app.example/cb?authorization_code=s3cret', 'https://app.example/cb?…'],
        ['https://user:s3cret@passport.freedompay.kz/login?x#y', 'https://passport.freedompay.kz/login?…'],
        [own.replace('127.0.0.1', '127.0.0.9'), `${emulator.url.replace('127.0.0.1', '127.0.0.9')}/login?…`],
      ] as const) {
        const error = await act(link).catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          `${name}: link must be the Location that your login route redirects to, a link to ${emulator.url} (your strategy's baseURL), and is "${shown}"`,
        );
      }
    }
    expect(await emulator.refuse(own)).to.include('error_code');
  });

  it('say whether a link was used or is unknown', async () => {
    const used = await linkFor(emulator);
    await emulator.refuse(used);
    const unknown = `${emulator.url}/login?track_id=x`;
    for (const [name, act] of both) {
      for (const [link, why] of [
        [used, 'was used already'],
        [unknown, 'is unknown to this emulator (was it started anew since?)'],
        [emulator.url, 'is unknown to this emulator (was it started anew since?)'],
      ] as const) {
        expect(await act(link).catch((error) => error.message)).to.equal(
          `${name}: the login link ${why}: ${link}`,
        );
      }
    }
  });

  it('name a choice that is misspelt or of the wrong type', async () => {
    const link = await linkFor(emulator);
    for (const [approval, message] of [
      [{ user: 1 }, 'approve: there is no option "user", only as, grants'],
      ['u-1', 'approve: the options must be an object, and are "u-1"'],
      [{ grants: 'read.firstname' }, 'approve: grants must be a list, and is "read.firstname"'],
      [{ as: null }, 'approve: there is no user null'],
      [{ as: 'nobody' }, 'approve: there is no user "nobody"'],
    ] as const) {
      const error = await emulator.approve(link, approval as never).catch((reason) => reason);
      expect(error.message).to.equal(message);
    }
    expect(await emulator.approve(link, { as: undefined, grants: undefined })).to.include(
      'authorization_code',
    );
  });
});
