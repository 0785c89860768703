/** The provider's responses: in the protocol of each peer, and with the same number of bytes for every peer. */

export const LONG_TOKEN = 'Tok3nOfAsManyLettersAsFreedomIds'.repeat(4);

/** The code of a login. The nonce follows, if the login has one. */
export const CODE = 'C0de';

export const USER_ID = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';

const freedomTokens = JSON.stringify({
  id: '01953bd1-a6d3-739e-8aa3-83e881f09055',
  access_token: LONG_TOKEN,
  refresh_token: LONG_TOKEN,
  access_expire_at: '2035-03-04T06:35:50.000000Z',
  refresh_expire_at: '2035-03-25T06:35:50.000000Z',
});

const freedomUser = JSON.stringify({
  freedom_id: USER_ID,
  firstname: 'John',
  lastname: 'Doe',
  patronymic: 'Smith',
  email: 'john.doe@example.com',
  date_of_birth: '2000-01-01',
});

export const ANSWERS: Record<string, string> = {
  '/api/v1/oauth/token': freedomTokens,
  '/api/v1/oauth/get-data': freedomUser,
  '/oauth2/token': padded(freedomTokens, {
    access_token: LONG_TOKEN,
    refresh_token: LONG_TOKEN,
    token_type: 'Bearer',
    expires_in: 604800,
  }),
  '/oauth2/userinfo': padded(freedomUser, {
    sub: USER_ID,
    given_name: 'John',
    family_name: 'Doe',
    email: 'john.doe@example.com',
  }),
};

/** The response with the login link, which carries the redirect URI of the request. */
export function linkFor(request: string): string {
  const { redirect_uri } = JSON.parse(request);
  const link = `https://provider.example/login?redirect_uri=${encodeURIComponent(redirect_uri)}`;
  return JSON.stringify({ redirect_uri: link });
}

/** Where the provider sends the browser after its login page, in either of the two protocols. */
export function approve(location: string): string {
  const asked = new URL(location).searchParams;
  const callback = new URL(asked.get('redirect_uri') ?? '');
  if (asked.get('response_type') === 'code') {
    callback.searchParams.set('state', asked.get('state') ?? '');
    callback.searchParams.set('code', CODE + (asked.get('nonce') ?? ''));
  } else {
    callback.searchParams.set('authorization_code', CODE);
  }
  return callback.href;
}

function padded(model: string, answer: object): string {
  const rest = model.length - JSON.stringify({ ...answer, rest: '' }).length;
  return JSON.stringify({ ...answer, rest: 'x'.repeat(rest) });
}
