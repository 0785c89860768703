import { createHash } from 'node:crypto';
import { isObject } from '../http/json';
import type { Flow, FlowLogin, FlowTokens, MoreParams } from '../login/flow';
import { toFlowTokens } from '../login/flow-tokens';
import { isText, requireThat } from '../require-that';
import type { FreedomIdOidcClient } from './client';
import { type JWT, readJWT } from './jwt';
import { checkProfile, type FreedomIdOidcProfile, type FreedomIdSubject, parseProfile } from './user-info';

/** OpenID Connect's authorization code flow (OpenID Connect Core, 3.1; protocol 10). */
export class OidcFlow implements Flow<FreedomIdOidcProfile> {
  readonly name = 'freedom-id-oidc';

  readonly defaultScope = ['openid', 'read.firstname', 'read.lastname'];

  /** Guess: the standard's name (protocol 1). */
  readonly codeParameter = 'code';

  readonly isCodeUnmistakable = false;

  readonly stateIn = 'query';

  /** The standard's (RFC 6749, 5.2), and Freedom ID's own (protocol 11). */
  readonly invalidCodeErrors = ['invalid_grant', '100101'];

  readonly provider;

  readonly issuer: string;

  constructor(private readonly client: FreedomIdOidcClient) {
    const { clientID, issuer, authorizationEndpoint, tokenURL } = client;
    this.provider = { clientID, authorizationURL: authorizationEndpoint, tokenURL };
    this.issuer = issuer;
  }

  async createLink(
    { callbackURL, state }: FlowLogin,
    scope: readonly string[],
    params: MoreParams,
  ): Promise<string> {
    requireState(state);
    const login = { redirectURI: callbackURL, scope, state, nonce: nonceOf(state) };
    return this.client.authorizationURL({ ...params, ...login });
  }

  async exchangeCode(code: string, login?: FlowLogin, params?: MoreParams): Promise<FlowTokens> {
    if (!login) {
      throw new TypeError(
        'passport-freedom-id: in the OpenID Connect flow a code can be exchanged only in its own login, whose nonce the ID token repeats',
      );
    }
    requireState(login.state);
    const options = { redirectURI: login.callbackURL, nonce: nonceOf(login.state), params };
    const tokens = await this.client.exchangeCode(code, options);
    const { claims } = tokens;
    // Frozen, because a subclass gets it, too, and the subclass's profile is compared with it.
    const subject: FreedomIdSubject = Object.freeze({ sub: claims.sub, claims });
    return { ...toFlowTokens(tokens), subject };
  }

  async refreshTokens(refreshToken: string): Promise<FlowTokens> {
    return toFlowTokens(await this.client.refreshTokens(refreshToken));
  }

  async loadProfile(accessToken: string, subject?: unknown): Promise<FreedomIdOidcProfile> {
    const { sub, claims } = subjectFrom(subject);
    return parseProfile(await this.client.getUserInfo(accessToken, { sub }), { sub, claims });
  }

  profileOf({ params, subject }: FlowTokens): FreedomIdOidcProfile {
    const { sub, claims } = subjectFrom(subject);
    // `exchangeCode` has checked that it can be read.
    const { raw } = readJWT((params as { id_token?: unknown }).id_token) as JWT;
    return parseProfile({ raw, json: claims }, { sub, claims });
  }

  checkProfile(profile: unknown, subject: unknown): void {
    checkProfile(profile, subjectFrom(subject));
  }
}

/** The subject from {@link OidcFlow.exchangeCode}. Without it, nobody knows whose profile it must be. */
function subjectFrom(subject: unknown): FreedomIdSubject {
  const shape = 'the subject that it was called with: pass it on to super.userProfile';
  requireThat(isObject(subject), 'the third argument of userProfile', shape, subject);
  return subject as unknown as FreedomIdSubject;
}

/** OpenID Connect Core, 15.5.2: a hash of the state, which the session keeps anyway. So the nonce needs no store of its own. */
function nonceOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url');
}

function requireState(state: unknown): asserts state is string {
  const shape = 'a non-empty string, because the nonce is made of it';
  requireThat(isText(state), 'the state that the option store gives', shape, state);
}
