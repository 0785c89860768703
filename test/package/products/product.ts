import type { EmulatorEndpoint } from '../../../lib/emulator/faults';
import type { Emulator } from '../../../lib/emulator/index';
import type { CookieJar } from '../../support/browser';
import { readPage } from '../../support/documents';

/** A product or framework, and how its recipe in docs/frameworks.md becomes an app. */
export interface Product {
  name: string;
  /** The heading of its recipe. */
  heading: string;
  /** The npm packages that it runs with. */
  packages: readonly string[];
  /** The app's files by their paths. They have `options` and `users` of `common`, and print `ready` once they listen. */
  files(recipe: readonly string[]): Record<string, string>;
  /** The file that starts it. */
  main: string;
  loginPath: string;
  callbackPath: string;
  /** The page that shows the id of who is signed in. Default: `/`. */
  homePath?: string;
  /** How the home page names the user, if not by {@link KNOWN_USER}. */
  user?: string;
  /** The endpoint that gives tokens, if not that of Freedom ID's own flow. */
  tokenEndpoint?: EmulatorEndpoint;
  /** What the browser gets at the callback: `describeAnswer` makes these texts. */
  answers: Record<'signedIn' | 'refused' | 'unknownUser' | 'forged' | 'failed', string>;
  /** What an answer says, where its status and location do not tell. */
  read?(answer: Response): Promise<string>;
  /** Whether the answer to the callback signs in, where no home page tells. */
  signsIn?(answer: Response, url: string): Promise<boolean>;
  /** Whether the product itself, and not Passport's session, keeps who is signed in. The test has only a stand-in for this. */
  signsInByItself?: boolean;
  /** Tests that only this product has. */
  more?: Record<string, (scene: Scene) => Promise<void>>;
}

/** An app that runs, and a browser that is signed in to it. */
export interface Scene {
  url: string;
  browser: CookieJar;
  emulator: Emulator;
}

/** The only user of the apps. */
export const KNOWN_USER = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** The file common.cjs: the names that the recipes leave open. */
export const common = () => `${recipeFor('Other frameworks and products')[0]}
const users = { find: async (id) => (id === '${KNOWN_USER}' ? { id } : null) };
module.exports = { options, users };
`;

/** The types of common.cjs. */
export const COMMON_TYPES = `import type { FreedomIdStrategyOptions } from 'passport-freedom-id';
export declare const options: FreedomIdStrategyOptions;
export declare const users: { find(id: string): Promise<{ id: string } | null> };
`;

/** Begins a file of CommonJS. @param folder - where common.cjs is */
export const required = (code = '', folder = '.') =>
  `const { options, users } = require('${folder}/common.cjs');\n${code}`;

/** Begins an ES module, or a file of TypeScript. */
export const imported = (code = '') => `import { options, users } from './common.cjs';\n${code}`;

/** The code blocks under a heading of docs/frameworks.md, but for what is typed into a shell. */
export function recipeFor(heading: string): string[] {
  const sections = readPage('docs/frameworks.md').split(/^##+ /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```(?!sh$)\w+$\n(.*?)^```$/gms)].map(([, code = '']) => code);
  if (blocks.length === 0) throw new Error(`docs/frameworks.md has no recipe under ${heading}`);
  return blocks;
}
