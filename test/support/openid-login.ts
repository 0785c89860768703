import { expect } from 'chai';
import type { Approval, Emulator } from '../../lib/emulator/index';
import { basic } from './emulated-login';
import { CLIENT_ID } from './options';

/** The requests of OpenID Connect, written out by hand: nothing of a client is used here. */
export const OPENID_REDIRECT_URI = 'https://app.example/cb';

/** What a login route sends the browser to. Without the parameters that are undefined. */
export function openidLink(
  emulator: { url: string },
  changes: Record<string, string | string[] | undefined> = {},
): string {
  const parameters = {
    scope: 'openid read.firstname read.email',
    state: 'St4te',
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: OPENID_REDIRECT_URI,
    nonce: 'N0nce',
    ...changes,
  };
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  return `${emulator.url}/openid?${new URLSearchParams(query)}`;
}

export const parametersOf = (callback: string) => Object.fromEntries(new URL(callback).searchParams);

export interface OpenIDAnswer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

/** A token request, as JSON unless it is a form. `''` for no authorization. */
export async function tokenRequest(
  emulator: { url: string },
  body: Record<string, unknown> | URLSearchParams,
  authorization = basic(),
): Promise<OpenIDAnswer> {
  const form = body instanceof URLSearchParams;
  const response = await fetch(`${emulator.url}/api/v1/oidc/token`, {
    method: 'POST',
    headers: {
      ...(authorization !== '' && { authorization }),
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
    },
    body: form ? String(body) : JSON.stringify(body),
  });
  return answerOf(response);
}

export async function userInfoRequest(
  emulator: { url: string },
  token: unknown,
  method = 'GET',
): Promise<OpenIDAnswer> {
  const headers = { authorization: `Bearer ${token}` };
  return answerOf(await fetch(`${emulator.url}/api/v1/oidc/userinfo`, { method, headers }));
}

async function answerOf(response: Response): Promise<OpenIDAnswer> {
  const { status, headers } = response;
  return { status, headers, json: (await response.json()) as Record<string, unknown> };
}

/** The fields of a token request for a code. */
export async function freshCode(
  emulator: Emulator,
  changes: Record<string, string> = {},
  approval: Approval = {},
): Promise<Record<string, string>> {
  const callback = await emulator.approve(openidLink(emulator, changes), approval);
  return {
    grant_type: 'authorization_code',
    code: parametersOf(callback).code ?? '',
    redirect_uri: changes.redirect_uri ?? OPENID_REDIRECT_URI,
  };
}

/** Tokens of a whole login. */
export async function openidTokens(
  emulator: Emulator,
  changes: Record<string, string> = {},
  approval: Approval = {},
): Promise<Record<string, string>> {
  const { status, json } = await tokenRequest(emulator, await freshCode(emulator, changes, approval));
  expect(status, JSON.stringify(json)).to.equal(200);
  return json as Record<string, string>;
}
