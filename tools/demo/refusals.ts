import { randomUUID } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Api, ApiAnswer } from './api.ts';
import { clientCredentials, discover } from './oidc-client.ts';
import type { Narration } from './print.ts';
import { frame, sendPlain, sendTls, type FrameOutcome, type Peer } from './raw-frame.ts';
import type { TourResult } from './tour.ts';

export interface RefusalsOptions {
  readonly issuer: string;
  readonly api: Api;
  /** TCP port of orders, which nobody but a workload should get a word out of. */
  readonly orders: Peer;
  readonly narration: Narration;
}

/** Five callers who have to be refused. */
export class Refusals {
  private readonly options: RefusalsOptions;
  private readonly narration: Narration;

  constructor(options: RefusalsOptions) {
    this.options = options;
    this.narration = options.narration;
  }

  async run({ customer, merchantId }: TourResult): Promise<void> {
    await this.withoutToken();
    await this.withAlgNone(customer.accessToken);
    await this.withAnotherAudience(customer.idToken);
    await this.withoutScope(merchantId);
    await this.withForgedMetadata(merchantId);
  }

  private async withoutToken(): Promise<void> {
    const { narration } = this;
    narration.step(
      'No token',
      'The challenge says that a bearer token is wanted, and no error: nothing was wrong with what was not sent ' +
        '(RFC 6750 §3).',
    );
    const { status, challenge } = await this.options.api.call({ method: 'GET', path: '/me' });
    const isBare = challenge?.startsWith('Bearer ') === true && !challenge.includes('error=');
    narration.expect('401 with a challenge and no error code', status === 401 && isBare);
  }

  private async withAlgNone(accessToken: string): Promise<void> {
    const { narration } = this;
    narration.step(
      'alg: none',
      "The customer's own token, with the role admin written into it and the signature left away. Accepted " +
        'algorithms are a list, none is not on it, and an empty signature is no signature (RFC 8725 §3.2).',
    );
    const header = { ...decodeProtectedHeader(accessToken), alg: 'none' };
    const claims = { ...decodeJwt(accessToken), roles: ['admin'] };
    const token = `${encode(header)}.${encode(claims)}.`;
    narration.record({ header, 'claims.roles': claims.roles });
    const request = { method: 'GET', path: '/orders', token, tokenName: 'unsigned token' } as const;
    this.expectInvalidToken(await this.options.api.call(request));
  }

  /** The one token of this issuer that is not for this API: its ID token. */
  private async withAnotherAudience(idToken: string): Promise<void> {
    const { narration } = this;
    const { issuer, api } = this.options;
    narration.step(
      'A token for someone else',
      "The customer's ID token: of the same issuer, signed with the same keys, for the same person. But its aud is the " +
        'client, and its typ is not at+jwt. Either is enough, and the caller is not told which one it was.',
    );
    const { jwks_uri: jwksUri = '' } = await discover(issuer);
    const { protectedHeader, payload } = await jwtVerify(idToken, createRemoteJWKSet(new URL(jwksUri)), {
      issuer,
    });
    narration.say("What it says, after its signature has been verified with the issuer's JWKS:");
    const { iss, sub, aud } = payload;
    narration.record({ typ: protectedHeader.typ ?? '(none)', iss, sub, aud });
    narration.expect(`its aud is not ${api.origin}`, aud !== api.origin);
    const request = { method: 'GET', path: '/orders', token: idToken, tokenName: 'ID token' } as const;
    this.expectInvalidToken(await api.call(request));
  }

  private async withoutScope(merchantId: string): Promise<void> {
    const { narration } = this;
    const { issuer, api } = this.options;
    narration.step(
      'A scope is missing',
      'A good token of the client demo-service, which may read orders. Placing one is another scope, and the ' +
        'challenge names it (RFC 6750 §3.1).',
    );
    const scope = 'orders:read';
    narration.request(`POST ${issuer}/token  grant_type=client_credentials, scope=${scope}`);
    const token = await clientCredentials(issuer, scope);
    const items = [{ sku: 'TEA-OOLONG-100', quantity: 1, unitPrice: 1250 }];
    const body = { merchantId, currency: 'EUR', items };
    const { status, challenge } = await api.call({ method: 'POST', path: '/orders', token, body });
    const namesScope =
      challenge?.includes('error="insufficient_scope"') && challenge.includes('scope="orders:write"');
    narration.expect('403 insufficient_scope, naming orders:write', status === 403 && namesScope === true);
  }

  private async withForgedMetadata(subject: string): Promise<void> {
    const { narration } = this;
    const { host, port } = this.options.orders;
    narration.step(
      'Forged identity, straight to the TCP port of orders',
      'Past the gateway, with metadata that anyone can type. orders speaks to workloads with a certificate of the trust ' +
        'domain, and believes a transaction token; x-user-id is not even read.',
    );
    const metadata = { 'x-user-id': subject, 'x-user-role': 'admin', 'x-scope': 'orders:read' };
    const text = frame({ pattern: 'orders.list', data: { limit: 20 }, metadata, id: randomUUID() });
    narration.request(`TCP ${host}:${port}  ${text}`);
    this.expectNoAnswer('plain TCP', await sendPlain(this.options.orders, text));
    narration.request(`TLS ${host}:${port}  without a client certificate, the same frame`);
    this.expectNoAnswer('TLS without a certificate', await sendTls(this.options.orders, text));
  }

  private expectInvalidToken({ status, challenge }: ApiAnswer): void {
    const isInvalidToken = challenge?.includes('error="invalid_token"') === true;
    this.narration.expect('401 invalid_token, without the reason', status === 401 && isInvalidToken);
  }

  private expectNoAnswer(way: string, outcome: FrameOutcome): void {
    const { narration } = this;
    narration.answer(describe(outcome));
    const isRefused = outcome.kind === 'closed' || outcome.kind === 'unreachable';
    narration.expect(`${way}: refused`, isRefused);
  }
}

function describe(outcome: FrameOutcome): string {
  if (outcome.kind === 'answered') return `an answer: ${outcome.text}`;
  if (outcome.kind === 'silent') return 'no answer, and the connection stayed open';
  if (outcome.kind === 'closed') return `no answer; the connection ended (${outcome.reason})`;
  return `no connection: the port cannot even be reached from here (${outcome.reason})`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
