import { FreedomIdClient } from '../../lib';
import { minimalOptions } from '../support/options';
import type { ExchangeName, FlowUnderTest, Run } from './flow';
import { ACCESS_TOKEN, FIRST_NAME, REFRESH_TOKEN, TOKEN_ID, USER_ID } from './values';

const REQUEST_ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
const NEW_REFRESH_TOKEN = 'N3w-refresh-token';
const DATE = '2100-01-01T00:00:00.000Z';

/** A user, of whom no error may show anything. */
const PERSON = {
  // Where the echo of all of it is cut, these are still there.
  account: 7_000_555_123,
  card: { holder: 'ASET QASYMULY' },
  phone: '+77010000001',
  email: 'aset@mail.example',
  firstname: 'Әсет',
  lastname: "Qasymuly 'the 1st'",
  identifier: '960322400001',
  nationality: 'Kazakhstani',
  date_of_birth: '1996-03-22',
  country: 'KAZ',
};
const FREEDOM_ID = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';
const FREEDOM_ID_ANSWERED = `${USER_ID}-Ә`;

/** A call of the client that makes one exchange. */
interface Call {
  /** The option that holds its URL. */
  option: string;
  call(client: FreedomIdClient): Promise<{ raw: object }>;
  request: string;
  answer: Record<string, unknown>;
  /** What the call resolves to, besides `raw`. */
  yields: object;
}

const BEARER = `Bearer ${ACCESS_TOKEN}`;
const PROFILE = { request_id: REQUEST_ID, freedom_id: USER_ID, status_message: FIRST_NAME };
const PROFILE_YIELDS = { requestId: REQUEST_ID, freedomId: USER_ID, statusMessage: FIRST_NAME };
const UPDATE = { freedom_id: FREEDOM_ID, ...PERSON };
const USER_ANSWER = { freedom_id: FREEDOM_ID_ANSWERED };

const CALLS_BY_NAME: Partial<Record<ExchangeName, Call>> = {
  'get-profile': {
    option: 'profileURL',
    call: (client) => client.requestProfile(ACCESS_TOKEN, { requestId: REQUEST_ID }),
    request: `POST get-profile ${BEARER} {"request_id":"${REQUEST_ID}","created_at":"<now>"}`,
    answer: { ...PROFILE, status: 'accepted' },
    yields: { ...PROFILE_YIELDS, status: 'accepted' },
  },
  'profile-status': {
    option: 'profileURL',
    call: (client) => client.getProfileStatus(ACCESS_TOKEN, REQUEST_ID),
    request: `GET profile-status/status ${BEARER} {"request_id":"${REQUEST_ID}"}`,
    answer: { ...PROFILE, status: 'completed', profile: { payload: 'ciphered' }, datetime: DATE },
    yields: {
      ...PROFILE_YIELDS,
      status: 'completed',
      profile: { payload: 'ciphered' },
      datetime: new Date(DATE),
    },
  },
  'create-user': {
    option: 'usersURL',
    call: (client) => client.createUser(ACCESS_TOKEN, PERSON),
    request: `POST user ${BEARER} ${JSON.stringify(PERSON)}`,
    answer: USER_ANSWER,
    yields: { freedomId: FREEDOM_ID_ANSWERED },
  },
  'update-user': {
    option: 'usersURL',
    call: (client) => client.updateUser(ACCESS_TOKEN, UPDATE),
    request: `PUT user ${BEARER} ${JSON.stringify(UPDATE)}`,
    answer: USER_ANSWER,
    yields: { freedomId: FREEDOM_ID_ANSWERED },
  },
  refresh: {
    option: 'tokenURL',
    call: (client) => client.refreshTokens(REFRESH_TOKEN),
    request: `PATCH token Bearer ${REFRESH_TOKEN} `,
    answer: {
      id: TOKEN_ID,
      access_token: ACCESS_TOKEN,
      refresh_token: NEW_REFRESH_TOKEN,
      access_expire_at: DATE,
      refresh_expire_at: DATE,
    },
    yields: {
      id: TOKEN_ID,
      accessToken: ACCESS_TOKEN,
      refreshToken: NEW_REFRESH_TOKEN,
      accessExpiresAt: new Date(DATE),
      refreshExpiresAt: new Date(DATE),
    },
  },
};

const callOf = (exchange: ExchangeName) => CALLS_BY_NAME[exchange] as Call;

/** What the client does besides logins (protocol 6, 8 and 9). */
export const CALLS: FlowUnderTest = {
  name: 'a call of the client',
  exchanges: Object.keys(CALLS_BY_NAME) as ExchangeName[],
  isAnyOf: true,
  shared: ['refresh'],
  secrets: [NEW_REFRESH_TOKEN, FREEDOM_ID, ...textsIn(PERSON)],
  yields: (exchange) => callOf(exchange).yields,
  start: () => ({
    answer(exchange, { line }) {
      const { request, answer } = callOf(exchange);
      return line.replace(/(?<="created_at":")[\d.:TZ-]+/, '<now>') === request ? answer : undefined;
    },
    rotateKeys() {},
    connect(exchange, { urls, options }) {
      const { option, call } = callOf(exchange);
      const client = new FreedomIdClient({ ...minimalOptions, ...options, [option]: urls[exchange] });
      return () => runOf(call(client));
    },
  }),
};

async function runOf(call: Promise<{ raw: object }>): Promise<Run> {
  try {
    const { raw: _, ...result } = await call;
    return { outcome: 'ok', result, loggable: [], secrets: [] };
  } catch (error) {
    const { code = '' } = error as { code?: string };
    const outcome = `error ${code.replace('ERR_FREEDOM_ID_', '')}`;
    return { outcome, result: error, loggable: [error], secrets: [] };
  }
}

function textsIn(value: object): string[] {
  return Object.values(value).flatMap((member) =>
    typeof member === 'object' ? textsIn(member) : [String(member)],
  );
}
