import { expect } from 'chai';
import { decodeUTF8 } from '../../lib/http/utf8';

describe('bytes', () => {
  it('are text where they are UTF-8, and nothing else', () => {
    expect(decodeUTF8(Buffer.from('Әсел'))).to.equal('Әсел');
    expect(decodeUTF8(new Uint8Array())).to.equal('');
    expect(decodeUTF8(Buffer.from('é', 'latin1'))).to.equal(undefined);
  });
});
