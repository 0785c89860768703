import { generateKeyPairSync, sign } from 'node:crypto';
import type { VerifyCallback } from '../../lib';
import {
  type FreedomIdOidcProfile,
  FreedomIdOidcStrategy,
  type FreedomIdOidcTokenParams,
} from '../../lib/oidc';
import { compact } from '../../lib/profile';
import { CLIENT_ID, minimalOptions } from '../support/options';
import type { ExchangeName, LoggedIn, SentRequest } from './flow';
import { type LoginService, loginFlow } from './login';
import { ACCESS_TOKEN, BASIC, BIRTHDAY, CODE, FIRST_NAME, REFRESH_TOKEN, TOKEN_ID, USER_ID } from './values';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** The beginning of every ID token's header. */
const HEADER = encode({ alg: 'ES256' }).slice(0, -2);

/** Freedom ID's OpenID provider (protocol 10). */
class OidcService implements LoginService {
  /** What the ID token of a code must repeat. */
  private readonly nonces = new Map<string, string>();

  private rotations = 0;

  agree(link: string): string {
    const code = `${CODE}-${this.nonces.size}`;
    this.nonces.set(code, new URL(link).searchParams.get('nonce') ?? '');
    return code;
  }

  answer(name: ExchangeName, { line, body }: SentRequest): Record<string, unknown> | undefined {
    switch (name) {
      case 'oidc-token':
        if (!line.startsWith(`POST token Basic ${BASIC} {`)) return undefined;
        return this.tokens(JSON.parse(body));
      case 'jwks':
        if (line !== 'GET jwks undefined ') return undefined;
        return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: this.kid }] };
      default:
        if (line !== `GET userinfo Bearer ${ACCESS_TOKEN} `) return undefined;
        return { sub: USER_ID, given_name: FIRST_NAME, birthdate: BIRTHDAY };
    }
  }

  rotateKeys(): void {
    this.rotations += 1;
  }

  private get kid(): string {
    return `Key-Ә-${this.rotations}`;
  }

  private tokens({ code, grant_type, redirect_uri }: Record<string, string>) {
    const nonce = this.nonces.get(code ?? '');
    if (nonce === undefined || grant_type !== 'authorization_code') return undefined;
    if (redirect_uri !== minimalOptions.callbackURL) return undefined;
    return {
      id: TOKEN_ID,
      access_token: ACCESS_TOKEN,
      refresh_token: REFRESH_TOKEN,
      id_token: this.idToken(nonce),
      token_type: 'Bearer',
      expires_in: 3600,
    };
  }

  private idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://passport.freedompay.kz',
      sub: USER_ID,
      aud: CLIENT_ID,
      exp: now + 60,
      iat: now,
      nonce,
    };
    const signed = `${encode({ alg: 'ES256', kid: this.kid })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}

export const OIDC = loginFlow({
  name: 'a login by OpenID Connect',
  exchanges: ['oidc-token', 'jwks', 'userinfo'],
  shared: ['jwks'],
  link: /^https:\/\/passport\.freedompay\.kz\/openid\?response_type=code&/,
  codeParameter: 'code',
  secrets: [HEADER],
  strategyWith: ({ urls, options }) =>
    new FreedomIdOidcStrategy(
      {
        ...minimalOptions,
        ...options,
        tokenURL: urls['oidc-token'],
        jwksURL: urls.jwks,
        userInfoURL: urls.userinfo,
        passReqToCallback: false,
      },
      (
        accessToken: string,
        _refreshToken: string | undefined,
        { id: tokenId, expires_in }: FreedomIdOidcTokenParams,
        { id, displayName, birthday }: FreedomIdOidcProfile,
        done: VerifyCallback,
      ) => {
        const expires = expires_in !== undefined;
        done(null, compact({ id, displayName, birthday, accessToken, tokenId, expires }) satisfies LoggedIn);
      },
    ),
  startService: () => new OidcService(),
});
