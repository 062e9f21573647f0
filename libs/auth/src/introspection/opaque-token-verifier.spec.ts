import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Revocations, type Revocation } from '../revocation/revocations.js';
import { BEARER } from '../sender/sender.js';
import { hostileIntrospections, introspectionOf } from '../testing/hostile-introspections.js';
import { TokenForge } from '../testing/token-forge.js';
import { IntrospectionEndpoint } from './introspection-endpoint.js';
import { OpaqueTokenVerifier } from './opaque-token-verifier.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECONDS = NOW / 1_000;
const TIMEOUT_MS = 300;
const issuer = 'http://issuer.example';
const audience = 'http://api.example';
const token = 'a-handle-of-the-issuer_0123456789ABCDEF/+~';

const forge = new TokenForge({ issuer, audience, now: () => NOW });
const outage = { code: 'introspection_unavailable', status: 503, oauthError: undefined };

let server: Server;
let answer: RequestListener;
let requests: { readonly request: IncomingMessage; readonly body: string }[];
let now: number;
let revocations: Revocations;
let verifier: OpaqueTokenVerifier;
const doubt = jest.fn();

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      requests.push({ request, body: await text(request) });
      answer(request, response);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  requests = [];
  doubt.mockClear();
  now = NOW;
  answer = (_request, response) => response.end(introspectionOf(forge));
  revocations = makeRevocations();
  revocations.setKnown();
  verifier = makeVerifier();
});

function makeRevocations(): Revocations {
  return new Revocations({
    maxTokenAgeSeconds: 690,
    maxEntries: 10,
    onWarning: () => undefined,
    now: () => now,
  });
}

async function addressOfServer(): Promise<string> {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`;
}

function makeVerifier(findAddress = addressOfServer): OpaqueTokenVerifier {
  const endpoint = new IntrospectionEndpoint({
    address: { find: findAddress, doubt },
    clientId: 'an api',
    clientSecret: 's%cret:1',
  });
  return new OpaqueTokenVerifier({
    issuer,
    audience,
    clockToleranceSeconds: 30,
    maxLifetimeSeconds: 600,
    endpoint,
    timeoutMs: TIMEOUT_MS,
    revocations,
    now: () => now,
  });
}

function answerWith(body: string, status = 200, headers: Record<string, string> = {}): void {
  answer = (_request, response) => response.writeHead(status, headers).end(body);
}

describe('OpaqueTokenVerifier', () => {
  it('hands over the principal of an active token', async () => {
    const claims = { sub: 'a-subject', client_id: 'a-client', scope: 'a b', roles: ['admin'], jti: 'an-id' };
    answerWith(introspectionOf(forge, { ...claims, act: { sub: 'shop' } }));
    await expect(verifier.verify(token, BEARER)).resolves.toEqual({
      issuer,
      subject: 'a-subject',
      clientId: 'a-client',
      scopes: ['a', 'b'],
      roles: ['admin'],
      tokenId: 'an-id',
      actors: ['shop'],
    });
  });

  it('asks by POST, as a client with a secret, with the token in the body alone (RFC 7662 §2.1, INT-05)', async () => {
    await verifier.verify(token, BEARER);
    const [asked] = requests;
    expect(asked?.request).toMatchObject({ method: 'POST', url: '/introspect' });
    expect(asked?.request.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('an%20api:s%25cret%3A1').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      token,
      token_type_hint: 'access_token',
    });
  });

  it.each([
    ['no iss, as the endpoint has one issuer', { iss: undefined }],
    ['bearer in small letters', { token_type: 'bearer' }],
    ['an audience in a list with others', { aud: ['http://other.example', audience] }],
    ['no scope, which grants none', { scope: undefined }],
    ['an exp within the skew', { iat: SECONDS - 329, exp: SECONDS - 29 }],
    ['members that nobody asked for', { username: 'someone', token, nested: { active: false } }],
  ])('accepts an answer with %s', async (_title, members) => {
    answerWith(introspectionOf(forge, members));
    await expect(verifier.verify(token, BEARER)).resolves.toMatchObject({ issuer });
  });

  it.each([
    ['there is none', undefined],
    ['it is the token itself', token],
  ])('makes the id of a token of its digest when %s', async (_title, jti) => {
    answerWith(introspectionOf(forge, { jti }));
    const { tokenId } = await verifier.verify(token, BEARER);
    expect(tokenId).toMatch(/^[\w-]{43}$/);
  });

  it.each(hostileIntrospections(forge))('refuses $title ($id, $code)', async ({ body, code }) => {
    answerWith(body);
    const refusal = code === 'introspection_unavailable' ? outage : { code, status: 401 };
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({ name: 'AuthError', ...refusal });
  });

  it.each<[title: string, reply: RequestListener]>([
    ['500', (_request, response) => response.writeHead(500).end(introspectionOf(forge))],
    ['401: our secret is wrong', (_request, response) => response.writeHead(401).end('{"active":false}')],
    ['403', (_request, response) => response.writeHead(403).end('{"active":false}')],
    ['404', (_request, response) => response.writeHead(404).end('{"active":false}')],
    ['429', (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end()],
    ['201', (_request, response) => response.writeHead(201).end(introspectionOf(forge))],
    ['204', (_request, response) => response.writeHead(204).end()],
    ['nothing', () => undefined],
    ['by closing the connection', (_request, response) => response.destroy()],
    ['headers, and then nothing', (_request, response) => response.writeHead(200).flushHeaders()],
    [
      'a byte at a time',
      (_request, response) => {
        const dripping = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(dripping));
      },
    ],
    [
      '100 MB',
      (_request, response) => {
        const megabyte = Buffer.alloc(1_048_576, ' ');
        let left = 100;
        const more = (): void => {
          while (left-- > 0) if (!response.write(megabyte)) return void response.once('drain', more);
          response.end(introspectionOf(forge));
        };
        more();
      },
    ],
  ])('blames the issuer and not the token when it answers %s (BEA-10)', async (_title, reply) => {
    answer = reply;
    const startedAt = performance.now();
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject(outage);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 700);
    expect(requests).toHaveLength(1);
    expect(doubt).toHaveBeenCalledTimes(1);
  });

  it.each(['active', 'inactive'])('has no doubt of an address that calls a token %s', async (word) => {
    answerWith(introspectionOf(forge, { active: word === 'active' }));
    await verifier.verify(token, BEARER).catch(() => undefined);
    expect(requests).toHaveLength(1);
    expect(doubt).not.toHaveBeenCalled();
  });

  it('waits for the address no longer than for the answer', async () => {
    const startedAt = performance.now();
    const waiting = makeVerifier(() => new Promise(() => undefined)).verify(token, BEARER);
    await expect(waiting).rejects.toMatchObject(outage);
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 700);
    expect(doubt).not.toHaveBeenCalled();
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect, to nowhere: %d (ASVS 15.3.2)', async (status) => {
    answer = (request, response) => {
      if (request.url === '/elsewhere') response.end(introspectionOf(forge));
      else response.writeHead(status, { location: '/elsewhere' }).end();
    };
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject(outage);
    expect(requests.map(({ request }) => request.url)).toEqual(['/introspect']);
  });

  it.each([
    ['what broken clients send', 'undefined'],
    ['what could be guessed', 'x'.repeat(21)],
    ['more than 512 characters', 'x'.repeat(513)],
    ['a padding of three', `${'x'.repeat(40)}===`],
    ['a padding in the middle', `${'x'.repeat(20)}=${'x'.repeat(20)}`],
    ['a dot', `${'x'.repeat(20)}.${'x'.repeat(20)}`],
    ['a line end', `${'x'.repeat(40)}\n`],
    ['a letter of another alphabet', `${'x'.repeat(40)}é`],
    ['nothing', ''],
  ])('sends the issuer no token that is %s', async (_title, junk) => {
    await expect(verifier.verify(junk, BEARER)).rejects.toMatchObject({
      code: 'token_malformed',
      status: 401,
    });
    expect(requests).toHaveLength(0);
  });

  it('asks nothing before it is known what has been revoked', async () => {
    revocations = makeRevocations();
    await expect(makeVerifier().verify(token, BEARER)).rejects.toMatchObject({
      code: 'revocations_unavailable',
    });
    expect(requests).toHaveLength(0);
  });

  it.each<Revocation>([
    { by: 'session', id: 'a-session', lastIssuedAt: Infinity, occurredAt: SECONDS },
    { by: 'grant', id: 'a-grant', lastIssuedAt: Infinity, occurredAt: SECONDS },
    { by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    { by: 'client', id: 'a-client', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    { by: 'subject', id: 'an-actor', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    { by: 'client', id: 'an-earlier-client', lastIssuedAt: SECONDS, occurredAt: SECONDS },
  ])('refuses a token at once, cached or not, when its $by $id is revoked (INT-06)', async (revocation) => {
    const ids = { sub: 'a-subject', client_id: 'a-client', sid: 'a-session', grant_id: 'a-grant' };
    const origins = { act: { sub: 'an-actor' }, subject_clients: ['an-earlier-client'] };
    answerWith(introspectionOf(forge, { ...ids, ...origins }));
    await verifier.verify(token, BEARER);
    revocations.add(revocation);
    await expect(verifier.verify(token, BEARER)).rejects.toMatchObject({
      code: 'token_revoked',
      status: 401,
    });
    expect(requests).toHaveLength(1);
  });

  it('repeats nothing of a token or an answer in what it logs', async () => {
    for (const body of [introspectionOf(forge, { aud: 'canary' }), '{"canary', '{"active":"canary"}']) {
      answerWith(body);
      const error: unknown = await makeVerifier()
        .verify(token, BEARER)
        .catch((refusal: unknown) => refusal);
      expect(String(error)).toMatch(/^AuthError/);
      expect(String(error)).not.toMatch(/canary|a-handle/);
    }
  });
});
