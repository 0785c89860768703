import { FreedomIdError } from '../errors';
import { bearer, isToken } from '../http/authorization';
import { isObject } from '../http/json';
import { readConnectionOptions } from '../http/options';
import { isOutage } from '../http/outage';
import { createTransport, type Transport } from '../http/transport';
import { basicFor, FreedomIdOidcClient } from '../oidc/client';
import { checkIdToken } from '../oidc/id-token';
import { ASYMMETRIC_ALGORITHMS, forVerifying, SYMMETRIC_ALGORITHMS } from '../oidc/jwk';
import { type JWT, readJWT } from '../oidc/jwt';
import { RemoteKeys } from '../oidc/keys';
import { TOKEN_PATH, USER_INFO_PATH } from '../oidc/options';
import type { SignatureCheck } from '../oidc/signature';
import { isText } from '../require-that';
import { type CallbackContent, readArrival } from './arrival';
import { isPlainURL } from './discretion';
import { madeUp } from './made-up';
import { once } from './once';
import { isRefusal } from './refusal';
import type { StepSettings } from './settings';
import { CLIENT_REFUSED, isUnreachable, Unanswered } from './unanswered';

type Json = Record<string, unknown>;

/** Where something may be, below the `baseURL`. */
const PATHS = {
  discovery: ['/.well-known/openid-configuration'],
  // The second is what the documentation has (protocol 10); the first and the third are what it may mean.
  token: [TOKEN_PATH, '/api/v1oidc//token', '/api/v1oidc/token'],
  userInfo: [USER_INFO_PATH, '/api/v1oidc/userinfo'],
  keys: ['/api/v1/oidc/jwks', '/.well-known/jwks.json', '/api/v1/oidc/certs'],
};

/** What was looked for, and where. */
export interface Search {
  /** Absent if it was not found. */
  found?: { url: string; json: Json };
  /** Where it is not, and what is there instead. */
  misses: readonly Miss[];
}

export interface Miss {
  url: string;
  what: string;
}

/** How an ID token is checked. Here, no option gives the key. */
type Checked = Exclude<SignatureCheck, { by: 'key' }>;

/** How a token request is written. */
export const FORMATS = ['json', 'form'] as const;
export type Format = (typeof FORMATS)[number];

interface Tokens {
  json: Json;
  accessToken: string;
  nonce: string;
}

/** The steps through OpenID Connect (protocol 10). */
export class OidcSteps {
  private readonly client: FreedomIdOidcClient;

  private readonly exchange: Transport;

  /** What the ID token should name. */
  readonly issuer: string;

  constructor(private readonly settings: StepSettings) {
    const { clientID, clientSecret, baseURL, timeout } = settings;
    this.issuer = baseURL;
    this.client = new FreedomIdOidcClient({ clientID, clientSecret, baseURL });
    this.exchange = createTransport(readConnectionOptions({ clientID, clientSecret, baseURL, timeout }));
  }

  readonly discovery = once(() => {
    this.settings.tell('Looking for a discovery document');
    const places = PATHS.discovery.map((path) => this.settings.baseURL + path);
    return this.search(places, (place) =>
      this.getPublic('discovery', place, ({ token_endpoint }) => isText(token_endpoint)),
    );
  });

  readonly tokenEndpoint = once(async () => {
    const places = await this.places('token_endpoint', PATHS.token);
    this.settings.tell('Looking for the token endpoint, with a made-up code');
    return this.search(places, (url) => this.tryTokenEndpoint(url));
  });

  /** A login for each format, because a code can be used only once. */
  readonly cameBack: Record<Format, () => Promise<CallbackContent & { nonce: string }>> = {
    json: once(() => this.goThrough()),
    form: once(() => this.goThrough()),
  };

  /** @returns the tokens, or the error by which the format is refused */
  readonly exchanged: Record<Format, () => Promise<Tokens | FreedomIdError>> = {
    json: once(() => this.redeem('json')),
    form: once(() => this.redeem('form')),
  };

  readonly tokens = once(async (): Promise<Tokens> => {
    const reasons: unknown[] = [];
    for (const format of FORMATS) {
      const tokens = await this.exchanged[format]().catch((reason: unknown) => reason);
      if (isTokens(tokens)) return tokens;
      reasons.push(tokens);
    }
    throw reasons[0];
  });

  readonly userInfo = once(async () => {
    const places = await this.places('userinfo_endpoint', PATHS.userInfo);
    const { accessToken } = await this.tokens();
    this.settings.tell('Looking for user info');
    const search = await this.search(places, (url) => this.getUserInfo(url, accessToken));
    this.settings.discretion.hide(search.found?.json);
    return search;
  });

  readonly keys = once(async () => {
    const places = await this.places('jwks_uri', PATHS.keys);
    this.settings.tell('Looking for the keys of ID tokens');
    return this.search(places, (url) =>
      this.getPublic('jwks', url, ({ keys }) => Array.isArray(keys) && keys.length > 0),
    );
  });

  /** @returns the ID token, read, and why it does not hold, if so */
  readonly idToken = once(async (): Promise<{ jwt: JWT; checked: Checked['by']; fault?: unknown }> => {
    const { discretion, baseURL, clientID } = this.settings;
    const { json, accessToken, nonce } = await this.tokens();
    const jwt = readJWT(json.id_token);
    if (!jwt) throw new Unanswered(`the id_token cannot be read: ${discretion.describe(json.id_token)}`);
    const { iss, aud: _, ...personal } = jwt.claims;
    discretion.hide(personal);
    const signature = await this.signatureOf(jwt);
    const rules = {
      clientID,
      issuer: typeof iss === 'string' ? iss : baseURL,
      clockTolerance: 30,
      signature,
    };
    try {
      await checkIdToken(json.id_token, rules, { accessToken, nonce });
      return { jwt, checked: signature.by };
    } catch (fault) {
      return { jwt, checked: signature.by, fault };
    }
  });

  private async signatureOf({ header }: JWT): Promise<Checked> {
    const alg = isText(header.alg) ? header.alg : '';
    if (SYMMETRIC_ALGORITHMS.includes(alg)) {
      return { by: 'secret', algorithms: [alg], secret: Buffer.from(this.settings.clientSecret) };
    }
    const { found } = await this.keys().catch(nothing);
    this.settings.signal.throwIfAborted();
    if (!found || !ASYMMETRIC_ALGORITHMS.includes(alg)) return { by: 'connection', algorithms: undefined };
    const keys = (found.json.keys as unknown[]).filter(isObject).map(forVerifying);
    return { by: 'keys', algorithms: [alg], keys: new RemoteKeys(async () => keys) };
  }

  private async goThrough(): Promise<CallbackContent & { nonce: string }> {
    const { logins, callbackURL, discretion } = this.settings;
    // If nothing can be reached, or the client is refused, a login is no use. Otherwise it shows at least what comes back.
    const searches = [this.discovery(), this.tokenEndpoint()];
    const outcomes = await Promise.all(searches.map((search) => search.catch((error: unknown) => error)));
    if (outcomes.every(isUnreachable)) throw outcomes[0];
    const [state, nonce] = [madeUp(), madeUp()];
    const scope = ['openid', 'read.firstname', 'read.lastname'];
    const link = this.client.authorizationURL({ redirectURI: callbackURL, scope, state, nonce });
    const back = readArrival(await logins.go(link, 'agree', state), state, callbackURL);
    discretion.hide([back.params.get('code'), back.params.get('authorization_code')]);
    return { ...back, nonce };
  }

  private async redeem(format: Format): Promise<Tokens | FreedomIdError> {
    const { found } = await this.tokenEndpoint();
    if (!found) throw new Unanswered('the token endpoint was not found');
    const { params, nonce } = await this.cameBack[format]();
    const code = params.get('code') ?? params.get('authorization_code');
    if (!code) throw new Unanswered('the callback brought no code');
    this.settings.tell(`Exchanging the code, in ${format === 'json' ? 'JSON' : 'a form'}`);
    try {
      const json = await this.requestTokens(found.url, code, format);
      this.settings.discretion.hide(json);
      const { access_token: accessToken } = json;
      if (!isToken(accessToken)) throw new Unanswered('the token endpoint sent no access_token');
      return { json, accessToken, nonce };
    } catch (error) {
      if (error instanceof FreedomIdError && (isRefusal(error) || !isOutage(error))) return error;
      throw error;
    }
  }

  private async requestTokens(url: string, code: string, format: Format): Promise<Json> {
    const { clientID, clientSecret, callbackURL, signal } = this.settings;
    const fields = { code, redirect_uri: callbackURL, grant_type: 'authorization_code' };
    const authorization = basicFor({ clientID, clientSecret, tokenRequest: format });
    const request = {
      endpoint: 'token',
      method: 'POST',
      url,
      authorization,
      [format]: fields,
      signal,
    } as const;
    return (await this.exchange(request)).json;
  }

  /** What refuses a made-up code, or sends a token for it, is a token endpoint, in whichever format. */
  private async tryTokenEndpoint(url: string): Promise<Json | undefined> {
    let refusal: unknown;
    for (const format of FORMATS) {
      try {
        const json = await this.requestTokens(url, madeUp(), format);
        return isToken(json.access_token) ? json : undefined;
      } catch (error) {
        if (!(error instanceof FreedomIdError)) throw error;
        // With a form, HTTP Basic encodes the secret in another way: only one of the two may be understood.
        const isClientRefused = error.providerCode === 'invalid_client';
        if (!isClientRefused && isOfTokenEndpoint(error)) return {};
        refusal ??= isClientRefused ? CLIENT_REFUSED : error;
      }
    }
    throw refusal === CLIENT_REFUSED ? this.settings.logins.giveUp(CLIENT_REFUSED) : refusal;
  }

  /** Without credentials. @returns undefined where something else is there */
  private async getPublic(
    endpoint: 'discovery' | 'jwks',
    url: string,
    fits: (json: Json) => boolean,
  ): Promise<Json | undefined> {
    const { signal } = this.settings;
    const { json } = await this.exchange({ endpoint, method: 'GET', url, signal });
    return fits(json) ? json : undefined;
  }

  private async getUserInfo(url: string, accessToken: string): Promise<Json | undefined> {
    const authorization = bearer(accessToken, 'accessToken');
    const { signal } = this.settings;
    const request = { endpoint: 'userinfo', method: 'GET', url, authorization, signal } as const;
    const { json } = await this.exchange(request);
    return Object.keys(json).length > 0 ? json : undefined;
  }

  /** Where something may be: first where discovery says, but only on the provider's own origin, because secrets are sent there. */
  private async places(name: string, paths: readonly string[]): Promise<string[]> {
    const { baseURL } = this.settings;
    const { found } = await this.discovery().catch(nothing);
    const named = found?.json[name];
    const isOwn = isPlainURL(named) && new URL(named).origin === new URL(baseURL).origin;
    return [...new Set([...(isOwn ? [named] : []), ...paths.map((path) => baseURL + path)])];
  }

  /** @throws the outage, where one of the places cannot be asked and the others have nothing */
  private async search(
    places: readonly string[],
    ask: (url: string) => Promise<Json | undefined>,
  ): Promise<Search> {
    const misses: Miss[] = [];
    let outage: unknown;
    for (const url of places) {
      try {
        const json = await ask(url);
        if (json) return { found: { url, json }, misses };
        misses.push({ url, what: 'something else' });
      } catch (error) {
        if (!(error instanceof FreedomIdError)) throw error;
        const { httpStatus } = error;
        // Without a status there was no HTTP response, so it is not known what is there.
        if (isOutage(error) || httpStatus === undefined) outage ??= error;
        else misses.push({ url, what: `HTTP ${httpStatus}` });
      }
    }
    if (outage) throw outage;
    return { misses };
  }

  /** The path below the `baseURL`, or the whole URL if it is elsewhere. It is described if it must not be shown. */
  pathOf(url: string): string {
    const { baseURL, discretion } = this.settings;
    const path = url.startsWith(baseURL) ? url.slice(baseURL.length) : url;
    const isOurs = Object.values(PATHS).flat().includes(path);
    return isOurs || discretion.url(url) ? path : discretion.describe(url);
  }
}

/** Whether a token endpoint has refused, and not a server that has nothing at this path. */
function isOfTokenEndpoint(refusal: FreedomIdError): boolean {
  const { code, httpStatus = 0, providerCode } = refusal;
  if (providerCode === 'invalid_grant') return true;
  return code === 'ERR_FREEDOM_ID_REJECTED' && ![404, 405].includes(httpStatus);
}

/** The result of a search that has failed. */
function nothing(): Pick<Search, 'found'> {
  return {};
}

function isTokens(value: unknown): value is Tokens {
  return isObject(value) && 'accessToken' in value;
}
