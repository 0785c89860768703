import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..');

/** @param project - a folder with a tsconfig.json */
function expectNoErrors(project: string): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  expect(stdout).to.equal('');
  expect(status).to.equal(0);
}

/** Code for the first flow, with the names of the OpenID Connect flow. */
function asOidc(code: string): string {
  return code
    .replaceAll("'passport-freedom-id'", "'passport-freedom-id/oidc'")
    .replaceAll(/\bFreedomId(?=Strategy|Client|Profile|TokenParams)/g, 'FreedomIdOidc')
    .replaceAll(/\bVerifyFunction/g, 'OidcVerifyFunction')
    .replaceAll("'./expect-type'", "'../types/expect-type.js'");
}

describe('the types', function () {
  this.timeout(60_000);

  it('accept the correct code in test/types, and reject the wrong code', () => {
    expectNoErrors(root);
  });

  it('infer and reject for the OpenID Connect flow what they do for the first', () => {
    // Inside the repository, where code may import the package by its name.
    const folder = join(root, 'test', '.types');
    const code = asOidc(readFileSync(join(__dirname, 'verify.types.ts'), 'utf8'));
    expect(code)
      .to.match(/new FreedomIdOidcStrategy\(/)
      .and.not.match(/\bFreedomIdStrategy\b/);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'verify.types.mts'), code);
    const tsconfig = { extends: '../../tsconfig.json', files: ['verify.types.mts'], include: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    expectNoErrors(folder);
    rmSync(folder, { recursive: true });
  });
});
