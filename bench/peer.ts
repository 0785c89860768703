/** What a login needs of a Passport strategy. */
export interface Strategy {
  authenticate(req: object, options: object): unknown;
}

/** Makes a strategy as an app with this peer would: with its defaults, except for the provider's URL. */
export type Peer = (baseURL: string) => Strategy | Promise<Strategy>;

export const CALLBACK_URL = 'https://app.example/callback';

export const CREDENTIALS = { clientID: 'bench', clientSecret: 'b3nch-s3cret', callbackURL: CALLBACK_URL };
