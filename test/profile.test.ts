import { expect } from 'chai';
import { compact, isUserId, readBirthday, readText, readValues } from '../lib/profile';

describe('the readers of a profile', () => {
  it('leave out members that are undefined, and no others', () => {
    const members = compact({ a: undefined, b: null, c: '', d: 0 } as Record<string, unknown>);
    expect(members).to.deep.equal({ b: null, c: '', d: 0 });
    expect(members).to.not.have.property('a');
  });

  it('accept a user id of 1 to 255 visible ASCII characters', () => {
    for (const id of ['1', '01e272c9-8da6-466e-8a20-fcdf4d4c49ff', '~'.repeat(255)]) {
      expect(isUserId(id), id).to.equal(true);
    }
    for (const id of ['', ' ', 'a b', 'аdmin', '1\n', '~'.repeat(256), 7, null, ['1']]) {
      expect(isUserId(id), String(id)).to.equal(false);
    }
  });

  it('read a text without the white space around it', () => {
    expect(readText('  Әсел ')).to.equal('Әсел');
    for (const none of ['', '  ', 7, null, undefined, ['a']]) expect(readText(none)).to.equal(undefined);
  });

  it('read a birthday of the form YYYY-MM-DD only', () => {
    expect(readBirthday('2000-01-31')).to.equal('2000-01-31');
    for (const other of ['31.01.2000', '2000-01-31T00:00', 20000131]) {
      expect(readBirthday(other)).to.equal(undefined);
    }
  });

  it('gather values from strings and objects, in lists or alone, none twice', () => {
    expect(readValues('a', ['b', { value: 'a' }, { email: 'c' }])).to.deep.equal([
      { value: 'a' },
      { value: 'b' },
      { value: 'c' },
    ]);
    expect(readValues(null, undefined, [7, {}])).to.equal(undefined);
  });
});
