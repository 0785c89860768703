import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient, FreedomIdError } from '../../lib';
import { minimalOptions } from '../support/options';

const answers =
  (status: number, body: unknown, headers: Record<string, string> = {}): FetchFunction =>
  async () =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

async function errorOf(call: Promise<unknown>): Promise<FreedomIdError> {
  const error = await call.then(
    () => expect.fail('it did not reject'),
    (reason) => reason,
  );
  expect(error).to.be.instanceOf(FreedomIdError);
  expect(error.message).to.not.match(/\.\.|\."\./);
  return error;
}

const refresh = (fetch: FetchFunction) =>
  errorOf(new FreedomIdClient({ ...minimalOptions, fetch }).refreshTokens('refresh-token'));

describe('a response to a refresh token', () => {
  const PAGE = '<!DOCTYPE html><title>Just a moment...</title>';

  it("that is a firewall's page says nothing of the token, at any status", async () => {
    for (let status = 400; status < 600; status += 1) {
      for (const body of [PAGE, 'Forbidden', '["no"]', '"no"', '\ufffd']) {
        const error = await refresh(answers(status, body));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: status });
        expect(error.message).to.not.match(/token may|log in/);
      }
    }
  });

  it('that comes from Freedom ID itself is a rejection', async () => {
    for (const status of [400, 401, 403, 404, 418, 422, 451]) {
      for (const body of [{}, { message: 'Unauthenticated.' }, { error: { code: 100200 } }]) {
        expect(await refresh(answers(status, body))).to.include({
          code: 'ERR_FREEDOM_ID_REJECTED',
          httpStatus: status,
        });
      }
    }
    for (const status of [400, 401, 402, 403, 404]) {
      const isOwn = status === 401 || status === 403;
      expect(await refresh(answers(status, '')), `an empty ${status}`).to.include({
        code: isOwn ? 'ERR_FREEDOM_ID_REJECTED' : 'ERR_FREEDOM_ID_RESPONSE',
      });
    }
  });

  it('that asks to wait says nothing about the token, whatever is in its body', async () => {
    for (const status of [408, 425, 429]) {
      for (const body of ['', PAGE, {}, { error: { message: 'No.', code: 100101 } }]) {
        const error = await refresh(answers(status, body));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: status });
        expect(error.message)
          .to.match(/later\.$/)
          .and.not.match(/token may|log in/);
      }
    }
  });

  it('tells how long to wait, at 429 and 503', async () => {
    for (const status of [429, 503]) {
      const error = await refresh(answers(status, PAGE, { 'retry-after': '30' }));
      expect(error.retryAfter).to.equal(30);
      expect(error.message).to.match(/; try again in 30 s\.$/);
      expect(await refresh(answers(status, PAGE))).to.not.have.property('retryAfter');
    }
    for (const status of [200, 403, 500])
      expect(await refresh(answers(status, PAGE, { 'retry-after': '30' }))).to.not.have.property(
        'retryAfter',
      );
    const bare: FetchFunction = async () => ({ status: 429, text: async () => '' });
    expect(await refresh(bare)).to.not.have.property('retryAfter');
  });

  it('is described by its kind if it is not JSON', async () => {
    for (const [body, kind] of [
      [PAGE, 'an HTML page'],
      ['\n<html>', 'an HTML page'],
      ['blocked: <b>', 'a text'],
      [' ', 'an empty body'],
    ]) {
      expect((await refresh(answers(404, body))).message).to.include(`HTTP 404 with ${kind}, not`);
    }
  });

  it('in another encoding than UTF-8 does not count as empty', async () => {
    const page = Buffer.from('<html>\xcd\xe5\xf2</html>', 'latin1');
    const fetch: FetchFunction = async () => new Response(page, { status: 403 });
    expect(await refresh(fetch)).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE' });
  });
});

describe('the error of a login link', () => {
  const GRANTS = ['read.firstname', 'read.lastname'];

  function ask(
    status: number,
    body: unknown,
    redirectURI = 'https://app.example/cb?state=s3cret',
    grants = GRANTS,
  ) {
    const client = new FreedomIdClient({ ...minimalOptions, fetch: answers(status, body) });
    return errorOf(client.createAuthorizationLink({ redirectURI, grants }));
  }

  it('says what Freedom ID says, in each of the forms of its framework', async () => {
    const errors = { redirect_uri: ['Must be a valid URL.'] };
    const invalid = await ask(422, { message: 'The given data was invalid.', errors });
    expect(invalid.fields).to.deep.equal(errors);
    expect(invalid.message).to.equal(
      'Freedom ID authorize: rejected with HTTP 422, "The given data was invalid."; redirect_uri: Must be a valid URL. Check clientID, clientSecret, scope and callbackURL, which was sent as https://app.example/cb.',
    );
    expect((await ask(401, { message: 'Unauthenticated.' })).message).to.equal(
      'Freedom ID authorize: rejected with HTTP 401, "Unauthenticated." Check clientID and clientSecret.',
    );
    const client = await ask(400, { error: 'invalid_client', message: 'Client authentication failed' });
    expect(client.providerCode).to.equal('invalid_client');
    expect(client.message).to.include(', "Client authentication failed" (code invalid_client). Check ');
  });

  it('names the grant that was sent where Freedom ID counts', async () => {
    const told = async (field: string, grants?: string[]) =>
      (await ask(422, { error: { errors: { [field]: ['Invalid.'] } } }, undefined, grants)).message;
    expect(await told('grants.1')).to.include('; grants.1, read.lastname: Invalid. Check');
    expect(await told('grants.0')).to.include('; grants.0, read.firstname: Invalid. Check');
    for (const field of ['grants.2', 'grants.x', 'grants', 'x.grants.1', 'grants.1.x', 'redirect_uri'])
      expect(await told(field)).to.include(`; ${field}: Invalid. Check`);
    expect(await told('grants.0', ['s3cret'])).to.include('; grants.0, [redacted]: Invalid.');
    const many = Array.from({ length: 11 }, (_, index) => `read.${index}`);
    expect(await told('grants.10', many)).to.include('; grants.10, read.10: Invalid.');
  });

  it('names no grant where none was sent', async () => {
    const fetch = answers(422, { error: { errors: { 'grants.0': ['Invalid.'] } } });
    const error = await errorOf(new FreedomIdClient({ ...minimalOptions, fetch }).exchangeCode('code'));
    expect(error.message).to.include('; grants.0: Invalid. Check');
  });

  it('names the redirect URI that was sent, without its query, user name and password', async () => {
    const host = `${'a'.repeat(60)}.example`;
    const uris: [sent: string, shown: string][] = [
      ['http://localhost:3000/cb?state=s3cret', 'http://localhost:3000/cb'],
      [`https://${host}/cb?state=s3cret`, `https://${host}/cb`],
      ['https://user:pw@app.example/cb#x', 'https://…@app.example/cb'],
      ['cb?state=s3cret', 'cb'],
    ];
    for (const [sent, shown] of uris)
      expect((await ask(422, {}, sent)).message).to.match(new RegExp(`, which was sent as ${shown}\\.$`));
    const { message } = await ask(422, {}, `https://app.example/${'x/'.repeat(400)}?state=s3cret`);
    expect(message.length).to.be.below(400);
  });
});
