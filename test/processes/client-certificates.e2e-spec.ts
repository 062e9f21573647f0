import { createHash, X509Certificate } from 'node:crypto';
import { CertificateAuthority } from '@countersign/platform/workload-certificates';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, type Answer } from '../support/api-client.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { rawRequest } from '../support/raw-http.ts';
import { TestStack } from '../support/test-stack.ts';

const [certificate, another] = [await makeCertificate(), await makeCertificate()];
const thumbprint = sha256(certificate).toString('base64url');

let stack: TestStack;
let issuer: FakeIssuer;
let bound: string;

/** @param settings of the gateway, to which the suite is a proxy at 127.0.0.1 */
async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  stack = await TestStack.prepare(async (ports) => {
    issuer = await FakeIssuer.start(`http://localhost:${ports.gateway.main}`);
    const gateway = { CLIENT_ID: '', ...settings }; // this issuer has no event stream
    return { environment: { ISSUER: issuer.url }, appEnvironment: { gateway } };
  });
  await stack.start(['gateway']);
  bound = issuer.forge.accessToken({ claims: { cnf: { 'x5t#S256': thumbprint } } });
}

async function dispose(): Promise<void> {
  await stack.dispose();
  issuer.stop();
}

function me(headers: Readonly<Record<string, string>>, token = bound): Promise<Answer> {
  return new ApiClient(stack.api, token).get('/me', headers);
}

async function expectUnproven(headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await me(headers);
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^Bearer .*error="invalid_token"/),
  ]);
}

describe('a gateway behind a proxy that passes client certificates on (RFC 8705, RFC 9440)', () => {
  beforeAll(() => start({ CLIENT_CERTIFICATE_HEADER: 'client-cert', TRUST_PROXY: '127.0.0.1' }), 120_000);
  afterAll(dispose);

  it('takes a bound token with its certificate, remembered or not, and says what it is bound to', async () => {
    for (let time = 0; time < 2; time++) {
      expect(await me({ 'client-cert': clientCert(certificate) })).toMatchObject({
        status: 200,
        body: { confirmation: { 'x5t#S256': thumbprint } },
      });
    }
  });

  it('refuses it without a certificate, with another, or with something else', async () => {
    await expectUnproven({});
    await expectUnproven({ 'client-cert': clientCert(another) });
    await expectUnproven({ 'client-cert': thumbprint });
    await expectUnproven({ 'x-forwarded-client-cert': `Hash=${sha256(certificate).toString('hex')}` });
  });

  it('refuses it with two certificates: one may be what the client typed', async () => {
    const headers = [another, certificate].map((shown) => `Client-Cert: ${clientCert(shown)}`);
    const { status } = await rawRequest(stack.api, [
      'GET /me HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      `Authorization: Bearer ${bound}`,
      ...headers,
    ]);
    expect(status).toBe(401);
  });

  it('takes a bearer token whatever certificate comes with it', async () => {
    const token = issuer.forge.accessToken();
    expect((await me({ 'client-cert': clientCert(another) }, token)).status).toBe(200);
  });
});

describe("a gateway behind Envoy's proxy", () => {
  beforeAll(
    () => start({ CLIENT_CERTIFICATE_HEADER: 'x-forwarded-client-cert', TRUST_PROXY: '127.0.0.0/8' }),
    120_000,
  );
  afterAll(dispose);

  it('takes a bound token with the hash of its certificate, and with no other', async () => {
    const element = (of: X509Certificate): string =>
      `By=spiffe://a/b;Hash=${sha256(of).toString('hex')};URI=`;
    expect((await me({ 'x-forwarded-client-cert': element(certificate) })).status).toBe(200);
    await expectUnproven({ 'x-forwarded-client-cert': element(another) });
    await expectUnproven({ 'x-forwarded-client-cert': `${element(certificate)},${element(another)}` });
    await expectUnproven({ 'client-cert': clientCert(certificate) });
  });
});

describe('a gateway whose proxies are others', () => {
  beforeAll(() => start({ CLIENT_CERTIFICATE_HEADER: 'client-cert', TRUST_PROXY: '192.0.2.0/24' }), 120_000);
  afterAll(dispose);

  it('does not believe who calls it: anyone can type a certificate', async () => {
    await expectUnproven({ 'client-cert': clientCert(certificate) });
    await expectUnproven({ 'client-cert': clientCert(certificate), 'x-forwarded-for': '192.0.2.1' });
  });
});

describe('a gateway that knows of no proxy', () => {
  beforeAll(() => start({}), 120_000);
  afterAll(dispose);

  it('refuses tokens that are bound to a certificate', () =>
    expectUnproven({ 'client-cert': clientCert(certificate) }));
});

async function makeCertificate(): Promise<X509Certificate> {
  return new X509Certificate((await CertificateAuthority.create('client.example')).certificate);
}

function sha256({ raw }: X509Certificate): Buffer {
  return createHash('sha256').update(raw).digest();
}

function clientCert({ raw }: X509Certificate): string {
  return `:${raw.toString('base64')}:`;
}
