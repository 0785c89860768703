import { expect } from 'chai';
import fc from 'fast-check';
import { widthOf, wrap } from '../../lib/cli/wrap';
import { property } from '../support/property';

describe('a text for a terminal', () => {
  it('is broken at white space, where a line is full', () => {
    expect(wrap('one two three', 13)).to.deep.equal(['one two three']);
    expect(wrap('one two three', 12)).to.deep.equal(['one two', 'three']);
    expect(wrap('one two three', 7)).to.deep.equal(['one two', 'three']);
    expect(wrap('one two three', 6)).to.deep.equal(['one', 'two', 'three']);
  });

  it('keeps one space of any white space', () => {
    expect(wrap(' a  b \n c\nd ', 20)).to.deep.equal(['a b c d']);
  });

  it('is broken in a word that is longer than a line', () => {
    expect(wrap('a bcdefgh i', 3)).to.deep.equal(['a', 'bcd', 'efg', 'h i']);
    expect(wrap('abc', 3)).to.deep.equal(['abc']);
  });

  it('has no line where it has no word', () => {
    expect(wrap('', 20)).to.deep.equal([]);
    expect(wrap('  ', 20)).to.deep.equal([]);
  });

  property(
    'has lines that are neither empty nor too long, and all of its characters',
    fc.record({ text: fc.string({ unit: 'grapheme-ascii' }), width: fc.integer({ min: 1, max: 30 }) }),
    ({ text, width }) => {
      const lines = wrap(text, width);
      for (const { length } of lines) expect(length).to.be.within(1, width);
      expect(lines.join('').replaceAll(' ', '')).to.equal(text.replaceAll(' ', ''));
    },
  );
});

describe('the width of a terminal', () => {
  it('is what it says, 20 at least', () => {
    expect([300, 80, 21, 20, 19, 1].map((columns) => widthOf({ columns }))).to.deep.equal([
      300, 80, 21, 20, 20, 20,
    ]);
  });

  it('is 80 where it does not know', () => {
    expect(widthOf({ columns: 0 })).to.equal(80);
    expect(widthOf({ columns: undefined })).to.equal(80);
    expect(widthOf({})).to.equal(80);
  });
});
