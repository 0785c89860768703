import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(__dirname, '..', '..');

let titles: string[] | undefined;

/** Every test there is, as `file: full title`. */
export function testTitles(): string[] {
  titles ??= readTitles();
  return titles;
}

function readTitles(): string[] {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  const { stdout } = spawnSync(process.execPath, [mocha, '--dry-run', '--reporter', 'json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { tests } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    tests: { file: string; fullTitle: string }[];
  };
  return tests.map(({ file, fullTitle }) => `${relative(root, file)}: ${fullTitle}`);
}

/** The tests that the last column of a table names, as `file: title`, where the title may be only its beginning. */
export function namedTests(table: string): string[] {
  return [...table.matchAll(/\| `(test\/\S+)`: (.*) \|$/gm)].map(([, file, title]) => `${file}: ${title}`);
}

/**
 * The links of a document that lead nowhere: to a heading of its own, or to a file, that does not exist.
 *
 * @param folder - the document's folder, from the root
 */
export function deadLinks(document: string, folder = '.'): string[] {
  const headings = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const targets = [...document.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    const [file = '', heading] = target.split('#');
    return file === '' ? !headings.includes(heading ?? '') : !existsSync(join(root, folder, file));
  });
}
