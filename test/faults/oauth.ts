import type { ServerResponse } from 'node:http';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import type { Answer } from './server';

/** The exchanges of a login, in their order. */
export const ENDPOINTS = ['authorize', 'token', 'get-data'] as const;

export type Endpoint = (typeof ENDPOINTS)[number];

export const CODE = 'C0de-of-one-login';
export const BASIC = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
export const ACCESS_TOKEN = 'Acc3ss-token';
export const REFRESH_TOKEN = 'R3fresh-token';

// Each has a letter of two bytes: decoding the body chunk by chunk may break it.
export const LINK = 'https://passport.freedompay.kz/login?track_id=1&expire_at=1727246098&name=Ә';
export const TOKEN_ID = 'Token-Ә';
export const FIRST_NAME = 'Әсел';

export const USER_ID = 'User-1';

/** What Freedom ID answers when all is well. */
export const RIGHT_ANSWERS: Record<Endpoint, Record<string, unknown>> = {
  authorize: { redirect_uri: LINK },
  token: {
    id: TOKEN_ID,
    access_token: ACCESS_TOKEN,
    refresh_token: REFRESH_TOKEN,
    access_expire_at: '2100-01-01T00:00:00.000000Z',
    refresh_expire_at: '2100-02-01T00:00:00.000000Z',
  },
  'get-data': { freedom_id: USER_ID, firstname: FIRST_NAME, date_of_birth: '2000-01-01' },
};

const RIGHT_REQUESTS: Record<Endpoint, RegExp> = {
  authorize: new RegExp(`^POST /authorize Basic ${BASIC} {"redirect_uri":".+","grants":\\[.+\\]}$`),
  token: new RegExp(`^POST /token Basic ${BASIC} {"authorization_code":"${CODE}"}$`),
  'get-data': new RegExp(`^GET /get-data Bearer ${ACCESS_TOKEN} $`),
};

/** Responds as Freedom ID does to the right request, and with 401 to any other. */
export const answerRightly =
  (endpoint: Endpoint): Answer =>
  ({ req, res, sent }) => {
    const request = `${req.method} ${req.url} ${req.headers.authorization} ${sent}`;
    if (RIGHT_REQUESTS[endpoint].test(request)) answer(res, 200, JSON.stringify(RIGHT_ANSWERS[endpoint]));
    else answer(res, 401, '{"error":{"message":"Unauthorized."}}');
  };

export function answer(
  res: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
