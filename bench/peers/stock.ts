import OAuth2Strategy from 'passport-oauth2';
import { CREDENTIALS, type Peer } from '../peer';

type Done = (error?: unknown, profile?: unknown) => void;

/** passport-oauth2, with the profile that a team writes by hand, on its own HTTP client. */
class StockStrategy extends OAuth2Strategy {
  constructor(private readonly baseURL: string) {
    super(
      {
        ...CREDENTIALS,
        authorizationURL: `${baseURL}/oauth2/authorize`,
        tokenURL: `${baseURL}/oauth2/token`,
        scope: ['profile', 'email'],
        state: true,
      },
      (_accessToken: string, _refreshToken: string, profile: unknown, done: Done) => done(null, profile),
    );
    this._oauth2.useAuthorizationHeaderforGET(true);
  }

  override userProfile(accessToken: string, done: Done): void {
    this._oauth2.get(`${this.baseURL}/oauth2/userinfo`, accessToken, (error, body) => {
      if (error) return done(error);
      try {
        done(null, readProfile(String(body)));
      } catch (problem) {
        done(problem);
      }
    });
  }
}

function readProfile(body: string): object {
  const json = JSON.parse(body);
  return {
    provider: 'stock',
    id: json.sub,
    displayName: `${json.given_name} ${json.family_name}`,
    name: { givenName: json.given_name, familyName: json.family_name },
    emails: [{ value: json.email }],
    _raw: body,
    _json: json,
  };
}

export const peer: Peer = (baseURL) => new StockStrategy(baseURL);
