import type { Emulator, EmulatorEndpoint } from '../../lib/emulator/index';
import type { StrategyName } from './host';

/** What a scenario must know of the protocol that a strategy speaks. */
export interface Protocol {
  /** Between the host's name and the scenario's in a title. */
  title: string;
  name: StrategyName;
  codeParameter: string;
  tokenEndpoint: EmulatorEndpoint;
  /** What the info of a login that the person refuses says besides. */
  refusal: object;
  /** Without the state, of the login that a link is for, and that was the last to begin. */
  redirectURI(link: string, emulator: Emulator): string;
}

const ownFlow: Protocol = {
  title: "over Freedom ID's own flow",
  name: 'freedom-id',
  codeParameter: 'authorization_code',
  tokenEndpoint: 'token',
  refusal: { code: '100102' },
  redirectURI: (_link, emulator) => sentRedirectURI(emulator).replace(/\?state=.*$/, ''),
};

/** The whole redirect URI of the login that was the last to begin in Freedom ID's own flow. */
export function sentRedirectURI({ requests }: Emulator): string {
  const { body } = requests.findLast(({ url }) => url.endsWith('/authorize')) ?? { body: '{}' };
  return String((JSON.parse(body) as { redirect_uri?: unknown }).redirect_uri);
}

const openID: Protocol = {
  title: 'over OpenID Connect',
  name: 'freedom-id-oidc',
  codeParameter: 'code',
  tokenEndpoint: 'oidc-token',
  refusal: { code: 'access_denied', description: 'The user refused' },
  redirectURI: (link) => String(new URL(link).searchParams.get('redirect_uri')),
};

export const protocols: readonly Protocol[] = [ownFlow, openID];

export function otherThan(protocol: Protocol): Protocol {
  return protocol === openID ? ownFlow : openID;
}
