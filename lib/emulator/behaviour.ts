import { isDeepStrictEqual } from 'node:util';
import { isObject, isText, requireMembers, requireThat } from './check';
import { shown } from './line';
import { ERROR_STATUSES, type ErrorKind } from './protocol-error';

/** What the emulator does where Freedom ID's behaviour is undocumented or may change. */
export interface EmulatorBehaviour {
  /**
   * In Freedom ID's own flow, what may be added to a registered redirect URI. `kept`: any query, and one more segment of the path.
   * `dropped`: the same, but the browser comes back without the query. `refused`: no query. `exact`: nothing; for a client without
   * `redirectURIs`, neither a query nor a last segment that looks like a state.
   *
   * @defaultValue `'kept'`
   */
  redirectQuery?: 'kept' | 'dropped' | 'refused' | 'exact' | undefined;
  /** What stands between a redirect URI that has a query and the parameters of the callback. @defaultValue `'&'` */
  callbackJoin?: '&' | '?' | undefined;
  /**
   * In Freedom ID's own flow, the parameter of the callback that means that the user refused.
   *
   * @defaultValue `{ name: 'error_code', value: '100102' }`
   */
  refusal?: { readonly name: string; readonly value: string } | undefined;
  /**
   * The HTTP status of the API's errors: one for all, or one for each kind of error. Older documentation says `200`. It cannot be a
   * redirect or a status without a body.
   *
   * @defaultValue `{ validation: 422, client: 401, code: 400, token: 401 }`, in OpenID Connect those of the standard
   */
  errorStatus?: number | { readonly [Kind in ErrorKind]?: number | undefined } | undefined;
  /** In Freedom ID's own flow, whether the tokens of a refresh have a new `id`. @defaultValue `'new'` */
  tokenId?: 'new' | 'same' | undefined;
  /** Whether a refresh token can be used again after a refresh. @defaultValue `'dead'` */
  oldRefreshToken?: 'dead' | 'alive' | undefined;
  /** How the token endpoint of OpenID Connect accepts requests. @defaultValue `'both'` */
  oidcTokenRequest?: 'both' | 'json' | 'form' | undefined;
  /** Whether there is a discovery document, `/.well-known/openid-configuration`. @defaultValue `true` */
  discovery?: boolean | undefined;
}

/** {@link EmulatorBehaviour}, checked and complete. */
export type BehaviourSettings = {
  [Name in keyof EmulatorBehaviour]-?: Exclude<EmulatorBehaviour[Name], undefined>;
};

interface Rule<Value> {
  /** The default. */
  usual: Value;
  /** @returns what is wrong with a value, in a sentence that begins with the behaviour's name; undefined for nothing */
  problem(name: string, value: unknown): string | undefined;
}

const STATUS = 'a status from 200 to 599 that has a body and is no redirect';
const KINDS = Object.keys(ERROR_STATUSES);

const RULES: { [Name in keyof BehaviourSettings]: Rule<BehaviourSettings[Name]> } = {
  redirectQuery: oneOf('kept', 'dropped', 'refused', 'exact'),
  callbackJoin: oneOf('&', '?'),
  refusal: rule(
    { name: 'error_code', value: '100102' },
    '{ name, value }, both non-empty strings, the name neither authorization_code nor state',
    isRefusal,
  ),
  errorStatus: { usual: {}, problem: errorStatusProblem },
  tokenId: oneOf('new', 'same'),
  oldRefreshToken: oneOf('dead', 'alive'),
  oidcTokenRequest: oneOf('both', 'json', 'form'),
  discovery: rule(true, 'true or false', (value) => typeof value === 'boolean'),
};

export const BEHAVIOUR_NAMES = Object.keys(RULES);

export const USUAL_BEHAVIOUR = Object.fromEntries(
  Object.entries(RULES).map(([name, { usual }]) => [name, usual]),
) as unknown as BehaviourSettings;

/** @throws `TypeError` that names what is wrong */
export function readBehaviour(behaviour: EmulatorBehaviour): BehaviourSettings {
  requireMembers('startEmulator: behaviour', behaviour, BEHAVIOUR_NAMES);
  const given = Object.entries(behaviour).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const problem = behaviourProblem(name, value);
    requireThat(problem === undefined, `behaviour.${problem}`);
  }
  return { ...USUAL_BEHAVIOUR, ...Object.fromEntries(given) };
}

/** Keeps only what is not usual. In `errorStatus`, a status that is usual for its kind counts as left out. */
export function withoutUsual(behaviour: EmulatorBehaviour): EmulatorBehaviour {
  const { errorStatus } = behaviour;
  const full = {
    ...behaviour,
    ...(isObject(errorStatus) && { errorStatus: differences(errorStatus, ERROR_STATUSES) }),
  };
  return differences(full, USUAL_BEHAVIOUR);
}

/**
 * @param name - one of {@link BEHAVIOUR_NAMES}
 * @returns a sentence that begins with the name, or undefined where nothing is wrong
 */
export function behaviourProblem(name: string, value: unknown): string | undefined {
  return RULES[name as keyof BehaviourSettings].problem(name, value);
}

function differences<Members extends object>(members: Members, usual: object): Members {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([name, value]) => !isDeepStrictEqual(value, usual[name as keyof typeof usual]),
    ),
  ) as Members;
}

/** The first is the usual one. */
function oneOf<Value extends string>(usual: Value, ...others: Value[]): Rule<Value> {
  const values: unknown[] = [usual, ...others];
  const quoted = values.map((value) => `'${value}'`);
  const shape = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return rule(usual, shape, (value) => values.includes(value));
}

function rule<Value>(usual: Value, shape: string, fits: (value: unknown) => boolean): Rule<Value> {
  const problem: Rule<Value>['problem'] = (name, value) =>
    fits(value) ? undefined : `${name} must be ${shape}, but is ${shown(value)}`;
  return { usual, problem };
}

function isRefusal(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).sort().join() !== 'name,value') return false;
  const { name, value: text } = value as Record<string, unknown>;
  return isText(name) && isText(text) && name !== 'authorization_code' && name !== 'state';
}

function errorStatusProblem(name: string, value: unknown): string | undefined {
  if (!isObject(value)) {
    const shape = `${STATUS}, or an object with some of ${KINDS.join(', ')}`;
    return isStatus(value) ? undefined : `${name} must be ${shape}, but is ${shown(value)}`;
  }
  for (const [kind, status] of Object.entries(value)) {
    if (!KINDS.includes(kind)) return `${name} has no ${shown(kind)}, only ${KINDS.join(', ')}`;
    if (status !== undefined && !isStatus(status)) {
      return `${name}.${kind} must be ${STATUS}, but is ${shown(status)}`;
    }
  }
  return undefined;
}

function isStatus(value: unknown): boolean {
  if (!Number.isInteger(value)) return false;
  const status = value as number;
  const isRedirect = status >= 300 && status <= 399;
  return status >= 200 && status <= 599 && status !== 204 && status !== 205 && !isRedirect;
}
