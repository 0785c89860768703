import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(__dirname, '..', '..');

/** The tests of these files, as `file: full title`. Loads them alone, because to load every test takes long. */
export function testTitles(files: string[]): string[] {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  const options = ['--no-config', '--node-option', 'import=tsx', '--dry-run', '--reporter', 'json'];
  const { stdout } = spawnSync(process.execPath, [mocha, ...options, ...new Set(files)], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { tests } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    tests: { file: string; fullTitle: string }[];
  };
  return tests.map(({ file, fullTitle }) => `${relative(root, file)}: ${fullTitle}`);
}

/** The file of `file: title`. */
export const fileOf = (test: string) => test.replace(/: .*/, '');

/** The tests that the last column of a table names, as `file: title`, where the title may be only its beginning. */
export function namedTests(table: string): string[] {
  return [...table.matchAll(/\| `(test\/\S+)`: (.*) \|$/gm)].map(([, file, title]) => `${file}: ${title}`);
}

/** Every page in Markdown, by its path from the root. */
export const pages = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !/^(node_modules|dist|reports|coverage)\/|\/build\//.test(path))
  .sort();

/** The README in each language. */
export const readmes = pages.filter((page) => /^README(\.\w+)?\.md$/.test(page));

/** The pages of docs/. */
export const docs = pages.filter((page) => page.startsWith('docs/'));

/** The code blocks of a page that are in this language. */
export function snippets(page: string, language = 'ts'): string[] {
  return blocks(page, language);
}

/** The code blocks of a page, whatever their language is, or in this one. */
export function blocks(page: string, language = '\\w*'): string[] {
  const matches = readPage(page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'));
  return [...matches].map(([, code = '']) => code);
}

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/**
 * The links of a document that lead nowhere: to a file, or to a heading of its own or of another page, that does not exist.
 *
 * @param folder - the document's folder, from the root
 */
export function deadLinks(document: string, folder = '.'): string[] {
  return links(document).filter((target) => {
    const [file = '', heading] = target.split('#');
    const path = join(root, folder, file);
    if (!existsSync(path)) return true;
    return (
      heading !== undefined && !anchors(file === '' ? document : readFileSync(path, 'utf8')).includes(heading)
    );
  });
}

/** What a document links to, but for other sites. */
export function links(document: string): string[] {
  return [...document.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
}

/** What links lead to the headings of a page by, as GitHub makes it: one that is there already gets a number. */
function anchors(document: string): string[] {
  const plain = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  return plain.map((anchor, index) => {
    const before = plain.slice(0, index).filter((other) => other === anchor).length;
    return before > 0 ? `${anchor}-${before}` : anchor;
  });
}

/** The npm scripts that a text runs, by `npm start`, `npm test` or `npm run …`. */
export function scriptsIn(text: string): string[] {
  const commands = text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g);
  return [...commands].map(([, script, short = '']) => script ?? short);
}

/** The options that the tables of a page list, one by one, each with what its row shows as its default. */
export function optionRows(text: string): { name: string; shown: string }[] {
  const tables = text.matchAll(/^\| option \|.*\n\| --- .*\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, body = '']) =>
    [...body.matchAll(/^\| ([^|]*) \| ([^|]*?) \|/gm)].flatMap(([, names = '', shown = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, shown })),
    ),
  );
}

/** The flags in the usage of a command, each with its default, if it has one. */
export function flagsIn(usage: string): { name: string | undefined; default: string | undefined }[] {
  const parts = usage.split(/^ {2}(?=-)/m).slice(1);
  return parts.map((text) => ({
    name: /--[\w-]+/.exec(text)?.[0],
    default: /\(default:\s+([^)]*)\)/.exec(text)?.[1],
  }));
}

/** The rows of the first table below a heading, as cells. */
export function tableBelow(text: string, heading: string): string[][] {
  const [, below = ''] = `\n${text}`.split(`\n${heading}\n`);
  const [, body] = /^\|.*\n\| ---.*\n((?:\|.*\n)+)/m.exec(below) ?? [];
  if (body === undefined) throw new Error(`no table stands below ${heading}`);
  return body
    .trim()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** The names of the options that a function reads of those that it is given. */
export async function namesRead<Options extends object>(
  options: Options,
  use: (options: Options) => unknown,
): Promise<string[]> {
  const names = new Set<string>();
  await use(
    new Proxy(options, {
      get(target, name, receiver) {
        names.add(String(name));
        return Reflect.get(target, name, receiver);
      },
    }),
  );
  return [...names];
}
