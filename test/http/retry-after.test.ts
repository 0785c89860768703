import { expect } from 'chai';
import { readRetryAfter } from '../../lib/http/retry-after';

describe('the header Retry-After', () => {
  const read = (value: string | null) =>
    readRetryAfter({ get: (name) => (name === 'retry-after' ? value : '1') });

  it('is a number of seconds', () => {
    expect(read('0')).to.equal(0);
    expect(read('120')).to.equal(120);
  });

  it('is a date in any form of HTTP, and one that has passed means: now', () => {
    const inAnHour = new Date(Date.now() + 3_600_000);
    const utc = inAnHour.toUTCString();
    const [, day, month, year, time] = utc.split(/[ ,]+/);
    const weekday = inAnHour.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
    const dates = [
      utc,
      `${weekday}, ${day}-${month}-${year?.slice(2)} ${time} GMT`,
      `${utc.slice(0, 3)} ${month} ${day?.replace(/^0/, ' ')} ${time} ${year}`,
    ];
    for (const date of dates) expect(read(date), date).to.be.within(3590, 3600);
    const { TZ } = process.env;
    process.env.TZ = 'Asia/Almaty';
    const elsewhere = dates.map(read);
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
    for (const seconds of elsewhere) expect(seconds).to.be.within(3590, 3600);
    for (const past of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      expect(read(past), past).to.equal(0);
    }
  });

  it('is never more than a timer can wait', () => {
    for (const long of ['2147484', '9'.repeat(20), '9'.repeat(400), 'Fri, 31 Dec 2999 23:59:59 GMT'])
      expect(read(long)).to.equal(2_147_483);
    expect(read('2147483')).to.equal(2_147_483);
  });

  it('is ignored where it is absent, or cannot be read', () => {
    for (const garbage of [
      '',
      '-5',
      '1.5',
      '1e3',
      '0x10',
      'soon',
      '2026-01-01',
      '12 s',
      'Mon, soon',
      'Mon, 5',
      'Mon 1',
      'Fri, 2099',
      'Monday 99999',
      'Wed 2099-01-01',
      'Xxx, 99 Yyy 2099 99:99:99 GMT',
      'Sun, 06 Nov 1994 08:49:37 GMT+1',
      'x Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT x',
      'Sunday, 06-Nov-94 08:49:37 GMT GMT',
      'x Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994 x',
      'Sun Nov  6 08:49:37 1994 (x)',
      'x Sun Nov  6 08:49:37 1994',
      'Monday',
      'x Sun, 06 Nov 2094 08:49:37 GMT',
      '[Sun, 06 Nov 2094 08:49:37 GMT',
    ])
      expect(read(garbage), garbage).to.equal(undefined);
    expect(read(null)).to.equal(undefined);
    for (const headers of [undefined, {}, { get: () => 7 as never }])
      expect(readRetryAfter(headers)).to.equal(undefined);
  });
});
