import { type Product, required } from './product';

/** Node-RED's HTTP API, which has the login; the runtime behind it only says who asks. */
const SERVER = `
const { createServer } = require('node:http');
const api = require('@node-red/editor-api');
const settings = { ...require('./settings.cjs'), httpAdminRoot: '/', disableEditor: true };
const server = createServer((req, res) => api.httpAdmin(req, res));
const storage = { getSessions: async () => ({}), saveSessions: async () => {} };
api.init(settings, server, storage, { flows: { getFlows: async ({ user }) => ({ flows: [user] }) } });
server.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

export const nodeRED: Product = {
  name: 'Node-RED 5',
  heading: 'Node-RED',
  packages: ['@node-red/editor-api@5.0.7'],
  files: ([settings]) => ({ 'settings.cjs': required(settings), 'node-red.cjs': SERVER }),
  main: 'node-red.cjs',
  loginPath: '/auth/strategy',
  callbackPath: '/auth/strategy/callback',
  answers: {
    signedIn: '302 /?code=…',
    refused: '302 /?session_message=AuthenticationError: Unauthorized',
    unknownUser: '302 /?session_message=AuthenticationError: Unauthorized',
    forged: '302 /?session_message=AuthenticationError: Forbidden',
    failed: '302 /?session_message=FreedomIdError: …',
  },
  async read(answer) {
    const location = decodeURIComponent(answer.headers.get('location') ?? '');
    return `${answer.status} ${location.replace(/(?<=code=|FreedomIdError: ).*/, '…')}`;
  },
  /** As the editor does: it changes the code for a token, and shows it with each request. */
  async signsIn(answer, url) {
    // Not by URLSearchParams: the code is Base64, unescaped.
    const [, code = ''] = answer.headers.get('location')?.split('code=') ?? [];
    const body = new URLSearchParams({ code });
    const exchanged = await fetch(`${url}/auth/token`, { method: 'POST', body });
    const { accessToken } = (await exchanged.json()) as { accessToken?: string };
    const flows = await fetch(`${url}/flows`, { headers: { authorization: `Bearer ${accessToken}` } });
    return flows.status === 200 && (await flows.text()).includes('"permissions":"*"');
  },
};
