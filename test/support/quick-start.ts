import { snippets } from './documents';

/** The app of a README's quick start, in each form that the README describes. */
export function quickStartOf(readme: string) {
  const [javascript = ''] = snippets(readme, 'js');
  const head = snippets(readme).find((code) => code.includes('declare global')) ?? '';
  const [, rest = ''] = javascript.split(/^.*require\('passport-freedom-id'\);$/m);
  const imports = head.match(/^import .*$/gm) ?? [];
  return {
    /** CommonJS, as it is printed. */
    javascript,
    /** An ES module, with the imports in place of the lines with `require`. */
    javascriptModule: imports.join('\n') + rest,
    /** The same with the declarations. */
    typescript: head + rest,
  };
}
