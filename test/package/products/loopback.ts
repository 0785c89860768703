import { imported, type Product } from './product';

const START = `
class Home {
  @get('/')
  home(@inject(RestBindings.Http.REQUEST) request: { session: { userId?: string } }) {
    return { id: request.session.userId };
  }
}
app.controller(Home);
import { createServer } from 'node:http';
createServer(app.requestHandler).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
`;

export const loopBack: Product = {
  name: 'LoopBack 4',
  heading: 'LoopBack 4',
  packages: [
    '@loopback/core@6.1.11',
    '@loopback/rest@14.0.14',
    '@loopback/authentication@11.0.14',
    '@loopback/authentication-passport@7.0.14',
    '@loopback/security@0.11.14',
    'express-session@1.19.0',
  ],
  files: ([app]) => ({ 'loopback.ts': imported(app + START) }),
  main: 'loopback.ts',
  loginPath: '/auth/freedom-id',
  callbackPath: '/auth/freedom-id/callback',
  answers: { signedIn: '302 /', refused: '401', unknownUser: '401', forged: '401', failed: '500' },
};
