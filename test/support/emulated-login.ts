import { request } from 'node:http';
import { json as readJSON } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Approval, Emulator } from '../../lib/emulator/index';
import { CLIENT_ID, CLIENT_SECRET } from './options';

/** The documented requests, written out by hand: nothing of the client is used here. */
export const REDIRECT_URI = 'https://app.example/cb?state=S';

export const basic = (id = CLIENT_ID, secret = CLIENT_SECRET) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export const codeIn = (callback: string) => new URL(callback).searchParams.get('authorization_code') ?? '';

export interface ApiAnswer {
  status: number;
  json: Record<string, never>;
}

export function api(emulator: { url: string }) {
  const call = async (
    method: string,
    path: string,
    authorization: string,
    json?: unknown,
  ): Promise<ApiAnswer> => {
    const response = await fetch(`${emulator.url}/api/v1/oauth/${path}`, {
      method,
      headers: { authorization, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, never> };
  };
  return {
    authorize: (json: unknown, authorization = basic()) => call('POST', 'authorize', authorization, json),
    token: (json: unknown, authorization = basic()) => call('POST', 'token', authorization, json),
    refresh: (token: string) => call('PATCH', 'token', `Bearer ${token}`),
    data: (token: string) => call('GET', 'get-data', `Bearer ${token}`),
    requestProfile: (token: string, json?: unknown) => call('POST', 'get-profile', `Bearer ${token}`, json),
    profileStatus: (token: string, json?: unknown) => getWithBody(emulator.url, token, json),
    createUser: (token: string, json?: unknown) => call('POST', 'user', `Bearer ${token}`, json),
    updateUser: (token: string, json?: unknown) => call('PUT', 'user', `Bearer ${token}`, json),
  };
}

/** The status of a profile: a GET with a body, which fetch refuses to send. */
async function getWithBody(url: string, token: string, json?: unknown): Promise<ApiAnswer> {
  const body = json === undefined ? '' : JSON.stringify(json);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1/oauth/get-profile/status`, { headers }, (res) => {
      readJSON(res).then(
        (answer) => resolve({ status: res.statusCode ?? 0, json: answer as Record<string, never> }),
        reject,
      );
    })
      .on('error', reject)
      .end(body);
  });
}

/** Gets a login link. */
export async function linkFor(
  emulator: { url: string },
  grants: string[] = ['read.firstname'],
  uri = REDIRECT_URI,
): Promise<string> {
  const { status, json } = await api(emulator).authorize({ redirect_uri: uri, grants });
  expect(status, JSON.stringify(json)).to.equal(200);
  return json.redirect_uri as never;
}

/** Goes from the link to tokens. @param inside - where the emulator listens, if that is not its URL */
export async function signInAt(
  emulator: Emulator,
  link: string,
  inside: { url: string } = emulator,
  approval: Approval = {},
): Promise<Record<string, string>> {
  const callback = await emulator.approve(link, approval);
  return (await api(inside).token({ authorization_code: codeIn(callback) })).json;
}
