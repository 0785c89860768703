import { expect } from 'chai';
import { isLikeState } from '../../lib/login/state-in-path';
import { madeUp } from '../../lib/probe/made-up';

describe('a made-up text', () => {
  it('has the form of a state, so that the strategy would take it for one', () => {
    expect(madeUp()).to.satisfy(isLikeState);
  });

  it('is as long as it is asked for', () => {
    expect(madeUp(96)).to.match(/^[\w-]{128}$/);
  });

  it('comes never twice', () => {
    expect(new Set(Array.from({ length: 100 }, () => madeUp()))).to.have.property('size', 100);
  });
});
