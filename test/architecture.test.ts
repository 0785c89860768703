import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOMS } from './support/rooms';

const root = join(__dirname, '..');

const files = ['lib', 'test', 'bench', 'examples', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** The files that a file imports. An import that is not a file here stays as it is. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const paths = source.matchAll(/(?:from|import|require)\s*\(?\s*'(\.[^']*)'/g);
  return [...paths].map(([, path = '']) => {
    const target = join(dirname(file), path);
    const sources = [`${target.replace(/\.js$/, '')}.ts`, join(target, 'index.ts')];
    return sources.find((candidate) => files.includes(candidate)) ?? target;
  });
}

/** `http` for `lib/http/body.ts`, `errors` for `lib/errors.ts`; undefined outside of lib. */
const roomOf = (file: string) => /^lib\/([\w-]+)/.exec(file)?.[1];

describe('the rooms of lib', () => {
  it('import only the rooms that are listed for them', () => {
    const trespasses = files.filter(roomOf).flatMap((file) => {
      const own = roomOf(file) ?? '';
      const allowed = [own, ...(ROOMS[own] ?? [])];
      return (imports.get(file) ?? [])
        .filter((target) => !allowed.includes(roomOf(target) ?? ''))
        .map((target) => `${file} imports ${target}`);
    });
    expect(trespasses).to.deep.equal([]);
    expect(new Set(files.map(roomOf).filter(Boolean))).to.have.keys(Object.keys(ROOMS));
  });
});

describe('the files', () => {
  it('import each other without a circle', () => {
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      expect(path, `a circle back to ${file}`).to.not.include(file);
      if (done.has(file)) return;
      for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect([...imports.values()].flat().length).to.be.above(files.length);
  });
});
