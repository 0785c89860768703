import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { readPage, root } from '../support/documents';

const page = readPage('docs/protocol.md');
const sections = [...page.matchAll(/^## (\d+)\. /gm)].map(([, number]) => number);

describe('docs/protocol.md', () => {
  it('has every section that a comment of lib cites', () => {
    const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts'));
    const cited = sources.flatMap((file) =>
      [
        ...readFileSync(join(root, 'lib', file), 'utf8').matchAll(/protocol (\d+(?:(?:, | and )\d+)*)/gi),
      ].flatMap(([, numbers = '']) => numbers.split(/\D+/)),
    );
    expect(cited.length).to.be.above(15);
    expect(sections).to.include.members(cited);
  });

  it('names every method of the client, and no other', () => {
    const named = [...page.matchAll(/`client\.(\w+)\(\)`/g)].map(([, name]) => name);
    const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(FreedomIdClient.prototype);
    expect(named).to.have.members(Object.keys(methods));
  });
});
