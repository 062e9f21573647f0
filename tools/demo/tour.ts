import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { read, type Api } from './api.ts';
import type { Visit } from './browser.ts';
import { discover, logIn, type Tokens } from './oidc-client.ts';
import type { Narration } from './print.ts';

const CUSTOMER = 'customer@example.com';
const MERCHANT = 'merchant@example.com';

const me = z.object({ subject: z.string(), clientId: z.string(), roles: z.array(z.string()) });
const order = z.object({
  id: z.string(),
  state: z.string(),
  customerId: z.string(),
  paymentId: z.string().nullable(),
});
const payment = z.object({
  id: z.string(),
  state: z.string(),
  capturedAmount: z.number(),
  authorizedBy: z.object({
    subject: z.string(),
    clientId: z.string(),
    workload: z.string(),
    txn: z.string(),
  }),
});

const jwks = z.object({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string() })),
});

type Principal = z.output<typeof me>;

/** What the refusals need of the tour. */
export interface TourResult {
  readonly customer: Tokens;
  readonly merchantId: string;
}

interface PaidOrder {
  readonly customerId: string;
  readonly paymentId: string;
}

/** One order from login to capture. */
export class Tour {
  private readonly issuer: string;
  private readonly api: Api;
  private readonly narration: Narration;

  constructor(issuer: string, api: Api, narration: Narration) {
    this.issuer = issuer;
    this.api = api;
    this.narration = narration;
  }

  async run(): Promise<TourResult> {
    const kids = await this.discoverIssuer();
    const customer = await this.logCustomerIn();
    this.showClaims(customer, kids);
    const principal = await this.showPrincipal(customer);
    const { merchant, merchantId } = await this.logMerchantIn();
    const paidOrder = await this.placeAndPay(customer, principal, merchantId);
    await this.showHops(customer, principal, paidOrder);
    await this.capture(merchant, paidOrder.paymentId);
    return { customer, merchantId };
  }

  private async discoverIssuer(): Promise<readonly string[]> {
    const { narration, issuer } = this;
    narration.step(
      'Discover the issuer',
      'A client starts from one address. The document there names every endpoint, and the JWKS: the public halves of ' +
        'the keys that sign. The private halves never leave the issuer.',
    );
    narration.request(`GET ${issuer}/.well-known/openid-configuration`);
    const metadata = await discover(issuer);
    const { authorization_endpoint, token_endpoint, jwks_uri = '' } = metadata;
    narration.record({ issuer: metadata.issuer, authorization_endpoint, token_endpoint, jwks_uri });
    narration.expect(
      'the document is that of the issuer we asked, to the letter',
      metadata.issuer === issuer,
    );
    narration.request(`GET ${jwks_uri}`);
    const { keys } = jwks.parse(await (await fetch(jwks_uri)).json());
    for (const { kid, kty, alg } of keys) narration.record({ kid, 'is for': `${alg} (${kty})` });
    narration.expect(
      'no key shows its private half (d)',
      keys.length > 0 && keys.every((key) => !('d' in key)),
    );
    return keys.map(({ kid }) => kid);
  }

  private async logCustomerIn(): Promise<Tokens> {
    const { narration, issuer } = this;
    narration.step(
      `Log in as ${CUSTOMER}`,
      'Authorization code with PKCE, as openid-client does it: the real login form and the real consent form, and a ' +
        'listener on a loopback port that the code is sent to.',
    );
    const tokens = await logIn(issuer, CUSTOMER, (visit) => this.showVisit(visit));
    narration.request(`POST ${issuer}/token  grant_type=authorization_code, code, code_verifier`);
    narration.answer(`an access token for ${tokens.expiresInSeconds} s, and an ID token`);
    narration.expect('the access token lives for 5 minutes at most', tokens.expiresInSeconds <= 300);
    return tokens;
  }

  private showClaims({ accessToken }: Tokens, kids: readonly string[]): void {
    const { narration } = this;
    narration.step(
      'What the client holds',
      'Decoded and UNVERIFIED, for you to see. To a client an access token is opaque, and whoever decodes without ' +
        'checking the signature may be reading what a forger wrote.',
    );
    const header = decodeProtectedHeader(accessToken);
    const claims = decodeJwt(accessToken);
    narration.record({ ...header, ...claims });
    narration.expect('typ is at+jwt (RFC 9068 §2.1)', header.typ === 'at+jwt');
    narration.expect('kid names a key of the JWKS', kids.includes(header.kid ?? ''));
    narration.expect(`aud is this API, ${this.api.origin}`, claims.aud === this.api.origin);
  }

  private async showPrincipal({ accessToken }: Tokens): Promise<Principal> {
    const { narration, api } = this;
    narration.step(
      'Whom the gateway takes you for',
      'The same facts, now VERIFIED: the gateway has checked the signature, iss, aud and the times.',
    );
    const principal = read(me, await api.call({ method: 'GET', path: '/me', token: accessToken }));
    const { sub } = decodeJwt(accessToken);
    narration.expect('the gateway names the subject of the token', principal.subject === sub);
    return principal;
  }

  private async logMerchantIn(): Promise<{ readonly merchant: Tokens; readonly merchantId: string }> {
    const { narration, issuer, api } = this;
    narration.step(
      `Log in as ${MERCHANT}`,
      'The shop to order from, with the same requests as in step 2. A shop is named by the account of its merchant, ' +
        'and /me says which that is.',
    );
    const merchant = await logIn(issuer, MERCHANT, () => undefined);
    const answer = await api.call({ method: 'GET', path: '/me', token: merchant.accessToken });
    const { subject: merchantId, roles } = read(me, answer);
    narration.expect('this account is a merchant', roles.includes('merchant'));
    return { merchant, merchantId };
  }

  private async placeAndPay(
    { accessToken: token }: Tokens,
    { subject }: Principal,
    merchantId: string,
  ): Promise<PaidOrder> {
    const { narration, api } = this;
    narration.step(
      'Place an order',
      'The gateway verifies the access token, countersigns what it found as a transaction token, and asks orders over ' +
        'mutual TLS. The access token itself goes no further than the gateway.',
    );
    const items = [{ sku: 'TEA-OOLONG-100', quantity: 2, unitPrice: 1250 }];
    const body = { merchantId, currency: 'EUR', items };
    const placed = await api.call({ method: 'POST', path: '/orders', token, body });
    const { id, customerId } = read(order, placed);
    narration.expect("201, and the order is the customer's", placed.status === 201 && customerId === subject);

    narration.step(
      'Pay it',
      'orders asks payments for the same subject, passing on the transaction token that it was given. payments takes ' +
        'this call from orders alone: the gateway could not make it.',
    );
    const paid = await api.call({ method: 'POST', path: `/orders/${id}/pay`, token });
    const { state, paymentId } = read(order, paid);
    narration.expect('200, and the order is paid', paid.status === 200 && state === 'paid');
    if (paymentId === null) throw new Error('the order has no payment');
    return { customerId, paymentId };
  }

  private async showHops(
    { accessToken: token }: Tokens,
    { subject, clientId }: Principal,
    { customerId, paymentId }: PaidOrder,
  ): Promise<void> {
    const { narration, api } = this;
    narration.step(
      'What each service saw at its hop',
      'What each of them answered or recorded of the caller. The gateway has it from the access token; orders and ' +
        'payments have it from the transaction token, and the workload from the certificate of who called them.',
    );
    const { authorizedBy } = read(
      payment,
      await api.call({ method: 'GET', path: `/payments/${paymentId}`, token }),
    );
    narration.record({
      gateway: `subject ${subject}, client ${clientId} (its answer in step 4)`,
      orders: `subject ${customerId} (customerId of the order, step 6)`,
      payments: `subject ${authorizedBy.subject}, client ${authorizedBy.clientId}, called by ${authorizedBy.workload} in transaction ${authorizedBy.txn} (authorizedBy of the payment)`,
    });
    const subjects = new Set([subject, customerId, authorizedBy.subject]);
    narration.expect('all three saw the same subject', subjects.size === 1);
    narration.expect('payments saw the client behind it', authorizedBy.clientId === clientId);
    narration.expect('payments saw that orders called', authorizedBy.workload === 'orders');
  }

  private async capture({ accessToken: token }: Tokens, paymentId: string): Promise<void> {
    const { narration, api } = this;
    narration.step(
      'The merchant captures the payment',
      'It needs payments:write, the role, and its own shop.',
    );
    const path = `/payments/${paymentId}/capture`;
    const { state, capturedAmount } = read(payment, await api.call({ method: 'POST', path, token }));
    narration.expect('25.00 EUR are captured', state === 'captured' && capturedAmount === 2500);
  }

  private showVisit({ method, url, status }: Visit): void {
    const path = url.pathname.replaceAll(/[^/]{20,}/g, (segment) => `${segment.slice(0, 6)}…`);
    const query = url.search === '' ? '' : '?…';
    this.narration.request(`${method.padEnd(4)} ${url.origin}${path}${query}  → ${status}`);
  }
}
