import { compactVerify } from 'jose';
import { fits, type JWK } from './jwk';
import type { JWT } from './jwt';
import type { RemoteKeys } from './keys';

/** Who vouches for an ID token. */
export type SignatureCheck =
  /** The TLS connection to the token endpoint (OpenID Connect Core, 3.1.3.7, 6). The signature is not checked. */
  | { by: 'connection'; algorithms: readonly string[] | undefined }
  | { by: 'secret'; algorithms: readonly string[]; secret: Uint8Array }
  | { by: 'key'; algorithms: readonly string[]; key: JWK }
  | { by: 'keys'; algorithms: readonly string[]; keys: RemoteKeys };

/** Of the keys that fit a token that names none. */
const MAX_TRIED = 10;

/**
 * @param alg - of the token, and allowed
 * @param signal - gives up a wait for keys
 * @throws FreedomIdError with `endpoint: 'jwks'` where the keys cannot be had
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

/** A `kid` decides which key it is. Without one, a key that is not known yet may have made what no known one has. */
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

/** A key that jose cannot use has signed nothing: a broken one may stand beside a good one. */
function isSignedBy({ token }: JWT, alg: string, key: JWK | Uint8Array): Promise<boolean> {
  return compactVerify(token, key as Uint8Array, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );
}
