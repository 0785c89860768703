import { expect } from 'chai';
import { blocks, links, readmes, readPage, snippets } from '../support/documents';

/** The code blocks of a page without their comments, which each language has of its own. */
const codeOf = (page: string) =>
  blocks(page).map((code) => code.replaceAll(/ *(?<!:)\/\/ .*$/gm, '').replaceAll(/\n+/g, '\n'));

const headingsOf = (page: string) =>
  [
    ...readPage(page)
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/^(#+) /gm),
  ].map(([, level]) => level);

describe('the READMEs', () => {
  it('are in English and in Russian, and have at most 250 lines', () => {
    expect(readmes).to.deep.equal(['README.md', 'README.ru.md']);
    for (const readme of readmes) expect(readPage(readme).split('\n').length - 1).to.be.at.most(250);
    expect(readPage('README.ru.md').match(/[а-яё]/gi)).to.have.length.above(3000);
  });

  it('have the same headings in number, the same code but for comments, and the same links', () => {
    expect(headingsOf('README.ru.md')).to.deep.equal(headingsOf('README.md'));
    expect(codeOf('README.ru.md')).to.deep.equal(codeOf('README.md'));
    expect(links(readPage('README.ru.md'))).to.deep.equal(links(readPage('README.md')));
    // What the comparison would overlook if it took too much for a comment.
    expect(codeOf('README.md').join()).to.include('http://127.0.0.1:4400').and.not.include('your database');
  });

  it('have one command each for the demo and for the tests', () => {
    for (const readme of readmes)
      expect(snippets(readme, 'sh')).to.include.members(['npm ci && npm start\n', 'npm ci && npm test\n']);
  });
});
