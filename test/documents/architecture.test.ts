import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPage, root } from '../support/documents';
import { ROOMS } from '../support/rooms';

const page = readPage('docs/architecture.md');

/** What stands in backquotes. */
const quoted = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** The function that a file exports by this name, or `Class.method`. */
async function exported(file: string, name: string): Promise<unknown> {
  const [top = '', method] = name.split('.');
  const { [top]: value } = (await import(join(root, file))) as Record<string, { prototype: object }>;
  return method === undefined ? value : Reflect.get(value?.prototype ?? {}, method);
}

describe('docs/architecture.md', () => {
  it('lists every room of lib with the rooms that it may import', () => {
    const [, table = ''] = page.split(/^\| room .*\n/m);
    const rows = [...table.matchAll(/^\| `([\w-]+)` \| [^|]+ \|([^|]*)\|$/gm)];
    const rooms = rows.map(([, room = '', imports]) => [room, quoted(imports).sort()]);
    expect(Object.fromEntries(rooms)).to.deep.equal(
      Object.fromEntries(Object.entries(ROOMS).map(([room, imports]) => [room, [...imports].sort()])),
    );
    expect(rooms).to.have.length(Object.keys(ROOMS).length);
  });

  it('follows a login through functions that the named files export', async () => {
    const steps = [...page.matchAll(/^\| `(lib\/\S+)` \| (`[^|]+`) \| [^|]+ \|$/gm)];
    expect(steps.length).to.be.above(20);
    for (const [, file = '', functions] of steps) {
      for (const name of quoted(functions))
        expect(await exported(file, name), `${name} of ${file}`).to.be.a('function');
    }
  });

  it('names only files and folders that exist', () => {
    const named = quoted(page).filter((name) =>
      /^(lib|test|docs|examples|bench|scripts)\/[\w./-]*$/.test(name),
    );
    expect(named.length).to.be.above(60);
    expect(named.filter((name) => !existsSync(join(root, name)))).to.deep.equal([]);
  });

  it('names only functions, types and lists that the file beside them has', () => {
    const beside = [...page.matchAll(/`(\w+)` in\s+`(lib\/\S+\.ts)`/g)];
    expect(beside.length).to.be.above(6);
    for (const [, name, file = ''] of beside)
      expect(readPage(file), `${name} in ${file}`).to.match(new RegExp(`\\b${name}\\b`));
  });

  it('says for each thing that can be added which tests are red until all of it is there', () => {
    const [, lists = ''] = page.split(/^## Where to add something$/m);
    const things = lists.split(/^### /m).slice(1);
    expect(things).to.have.length(7);
    for (const thing of things) {
      const [title = '', steps = '', red = ''] =
        /^(.*)\n\n(.*)\nRed until then: (.*)$/s.exec(thing)?.slice(1) ?? [];
      expect(quoted(steps), title).to.not.deep.equal([]);
      expect(
        quoted(red).filter((name) => /^test\/.*\.test\.ts$|^npm run types$/.test(name)),
        title,
      ).to.not.deep.equal([]);
    }
  });
});
