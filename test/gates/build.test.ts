import { join } from 'node:path';
import { expect } from 'chai';
import { type RolldownOptions, rolldown } from 'rolldown';

const root = join(__dirname, '..', '..');

describe('the build', () => {
  it('puts a class that two entries share into one file', async () => {
    const config: { default: RolldownOptions } = await import(join(root, 'rolldown.config.mjs'));
    const { input, output, ...options } = config.default;
    const second = { 'second/index': 'lib/errors.ts' };
    const bundle = await rolldown({ ...options, cwd: root, input: { ...(input as object), ...second } });
    const { output: files } = await bundle.generate(output as object);
    const sources = files.map((file) => (file.type === 'chunk' ? file.moduleIds : []));
    expect(files.map(({ fileName }) => fileName)).to.include.members(['index.js', 'second/index.js']);
    expect(sources.filter((ids) => ids.includes(join(root, 'lib/errors.ts')))).to.have.length(1);
  });
});
