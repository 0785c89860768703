import { expect } from 'chai';
import { decode } from '../../lib/http/decode';

describe('a decoded text', () => {
  it('says the same, whichever of its characters are encoded, and how', () => {
    const texts: [source: string, text: string][] = [
      ['', ''],
      ['a%2fb%2Fc', 'a/b/c'],
      ['%24 %C2%A2 %E2%82%AC %F0%9F%98%80', '$ ¢ € 😀'],
      ['Ә %d3%98 &#1240; &#x4d8; &#X004D8; \\u04D8', 'ә ә ә ә ә ә'],
      ['\\ud83d\\uDE00', '😀'],
      ['&lt;&GT;&Amp;&sol;&bsol;&lowbar;&NewLine;', '<>&//n'],
      ['&nbsp;&sup2;&frac34;&Auml;&auml;&AUML;&szlig;&yuml;', '\u00a0²¾äääßÿ'],
      ['&ast;&hat;&lpar;&rpar;&lsqb;&lbrack;&rsqb;&rbrack;&lcub;&lbrace;', '*^()[[]]{{'],
      ['&rcub;&rbrace;&verbar;&vert;&grave;', '}}||`'],
      ['a+b-c d', 'a b c d'],
      ['a_b', 'a/b'],
      ['ASEL Asel asel', 'asel asel asel'],
      // In small letters it would be two characters.
      ['İ', 'İ'],
      ['\\"\\/\\\\', '"/'],
      ['\b\f\n\r\t \\b\\f\\n\\r\\t', 'bfnrt bfnrt'],
      ['%252541', 'a'],
      ['&amp;lt;', '<'],
      ['%26%23x41%3b', 'a'],
      ['%5Cu0041', 'a'],
      ['\ud800', '\ufffd'],
    ];
    for (const [source, text] of texts) expect(decode(source).text, source).to.equal(text);
  });

  it('leaves alone what only looks encoded', () => {
    for (const text of [
      ...['%', '%4', '%4g', '%80', '%c3', '%c3%', '%e2%82', '%f0%9f%98', '%g1'],
      ...['&', ';', '&;', '&nope;', '&#;', '&#x;', '&#x110000;', '&#1114112;', '&#xg;', 'u004g', 'u00'],
    ]) {
      expect(decode(text).text).to.equal(text);
    }
    expect(decode('&#x10ffff;').text).to.equal('\u{10ffff}');
  });

  it('knows where each of its characters comes from', () => {
    expect(decode('a%2Fb')).to.deep.equal({ text: 'a/b', starts: [0, 1, 4, 5] });
    expect(decode('%F0%9F%98%80!').starts, 'half of a surrogate pair is nowhere else').to.deep.equal([
      0, 0, 12, 13,
    ]);
    expect(decode('a\\"b').starts, 'a backslash belongs to the character behind it').to.deep.equal([
      0, 1, 3, 4,
    ]);
    expect(decode('a%5C%2Fb').starts).to.deep.equal([0, 1, 7, 8]);
    expect(decode('a\\').starts).to.deep.equal([0, 2]);
  });
});
