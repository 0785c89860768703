import { compactVerify } from 'jose';
import { fits, type JWK } from './jwk';
import type { JWT } from './jwt';
import type { RemoteKeys } from './keys';

/** What proves that an ID token comes from Freedom ID. */
export type SignatureCheck =
  /** The TLS connection to the token endpoint (OpenID Connect Core, 3.1.3.7, 6). The signature is not checked. */
  | { by: 'connection'; algorithms: readonly string[] | undefined }
  | { by: 'secret'; algorithms: readonly string[]; secret: Uint8Array }
  | { by: 'key'; algorithms: readonly string[]; key: JWK }
  | { by: 'keys'; algorithms: readonly string[]; keys: RemoteKeys };

/** How many keys are tried for a token that does not name its key. */
const MAX_TRIED = 10;

/**
 * @param alg - the algorithm of the token, which is an allowed one
 * @param signal - ends the wait for keys
 * @throws FreedomIdError with `endpoint: 'jwks'` if the keys cannot be fetched
 */
export async function isSigned(
  jwt: JWT,
  alg: string,
  check: SignatureCheck,
  signal?: AbortSignal,
): Promise<boolean> {
  switch (check.by) {
    case 'connection':
      return true;
    case 'secret':
      return isSignedBy(jwt, alg, check.secret);
    case 'key':
      return isSignedByOneOf(jwt, alg, [check.key]);
    case 'keys':
      return (await check.keys.try((keys) => tryKeys(jwt, alg, keys), signal)) ?? false;
  }
}

/** A `kid` names the key. Without one, a signature that no known key has made may be that of a key which is not known yet. */
async function tryKeys(jwt: JWT, alg: string, keys: readonly JWK[]): Promise<boolean | undefined> {
  const { kid } = jwt.header;
  const named = kid === undefined ? keys : keys.filter((key) => key.kid === kid);
  if (await isSignedByOneOf(jwt, alg, named)) return true;
  return kid === undefined || named.length === 0 ? undefined : false;
}

async function isSignedByOneOf(jwt: JWT, alg: string, keys: readonly JWK[]): Promise<boolean> {
  for (const key of keys.filter((one) => fits(one, alg)).slice(0, MAX_TRIED)) {
    if (await isSignedBy(jwt, alg, key)) return true;
  }
  return false;
}

/** A key that jose cannot use counts as one that has not signed, because a good key may stand beside it. */
function isSignedBy({ token }: JWT, alg: string, key: JWK | Uint8Array): Promise<boolean> {
  return compactVerify(token, key as Uint8Array, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );
}
