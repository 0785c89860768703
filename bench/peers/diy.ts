import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import OAuth2Strategy from 'passport-oauth2';
import { CALLBACK_URL, CREDENTIALS, type Peer } from '../peer';

const BASIC = Buffer.from(`${CREDENTIALS.clientID}:${CREDENTIALS.clientSecret}`).toString('base64');

/** What a team could write by itself: a subclass of passport-oauth2 for Freedom ID, with the platform's own fetch. */
class DiyStrategy extends OAuth2Strategy {
  constructor(private readonly baseURL: string) {
    super(
      { ...CREDENTIALS, authorizationURL: baseURL, tokenURL: baseURL },
      (_accessToken: string, _refreshToken: string, profile: object, done: (e: null, p: object) => void) =>
        done(null, profile),
    );
  }

  override async authenticate(req: Request): Promise<void> {
    try {
      const { authorization_code, state } = req.query;
      const { session } = req as unknown as { session: { state?: string | undefined } };
      if (authorization_code === undefined) return this.redirect(await this.createLink(session));
      if (state === undefined || state !== session.state) return this.fail(403);
      session.state = undefined;
      this.success(await this.loadUser(String(authorization_code)));
    } catch (error) {
      this.error(error as Error);
    }
  }

  private async createLink(session: { state?: string | undefined }): Promise<string> {
    session.state = randomBytes(24).toString('base64url');
    const { redirect_uri } = await this.post('authorize', {
      redirect_uri: `${CALLBACK_URL}?state=${session.state}`,
      grants: ['read.firstname', 'read.lastname'],
    });
    return redirect_uri as string;
  }

  private async loadUser(authorization_code: string): Promise<object> {
    const { access_token } = await this.post('token', { authorization_code });
    const response = await fetch(`${this.baseURL}/api/v1/oauth/get-data`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const json = (await response.json()) as Record<string, unknown>;
    return { id: json.freedom_id, displayName: `${json.firstname} ${json.lastname}`, _json: json };
  }

  private async post(endpoint: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.baseURL}/api/v1/oauth/${endpoint}`, {
      method: 'POST',
      headers: { authorization: `Basic ${BASIC}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  }
}

export const peer: Peer = (baseURL) => new DiyStrategy(baseURL);
