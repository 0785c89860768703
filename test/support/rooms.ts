/** Each room of lib, and the rooms that it may import: data flows one way, and the emulator stands apart. */
export const ROOMS: Record<string, string[]> = {
  errors: [],
  'require-that': [],
  profile: [],
  uuid: [],
  'expiring-tokens': ['require-that'],
  http: ['errors', 'require-that'],
  revocation: ['require-that', 'uuid', 'http'],
  login: ['errors', 'require-that', 'profile', 'http'],
  oauth: ['errors', 'require-that', 'uuid', 'profile', 'expiring-tokens', 'http', 'login'],
  oidc: ['errors', 'require-that', 'profile', 'expiring-tokens', 'http', 'login'],
  index: ['errors', 'profile', 'revocation', 'http', 'login', 'oauth'],
  emulator: [],
  probe: ['errors', 'require-that', 'profile', 'http', 'login', 'oauth', 'oidc'],
  cli: ['emulator', 'probe'],
};
