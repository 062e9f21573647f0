import { createHash, randomBytes } from 'node:crypto';
import { tokens, tokenRequest, type TokenAnswer, type Tokens } from './token-endpoint.ts';
import { UserAgent, type Stop } from './user-agent.ts';

export const CLIENT_ID = 'demo-web';
export const PASSWORD = 'countersign-demo';
/** Registered without a port; nothing has to listen there, as the authorization response is read from the redirect. */
export const REDIRECT_URI = 'http://127.0.0.1:53682/callback';
export const SCOPE = 'openid profile email orders:read orders:write payments:read payments:write';

/** Parameters that a test sets differently; undefined leaves one out. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** The client demo-web (code + PKCE) of an issuer, with each of its steps open to change. */
export class DemoWebClient {
  readonly issuer: string;
  readonly codeVerifier = randomBytes(32).toString('base64url');

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  authorizationUrl(changes: Changes = {}): URL {
    const url = new URL('/authorize', this.issuer);
    const parameters: Changes = {
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      state: 'state-of-the-client',
      code_challenge: createHash('sha256').update(this.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url;
  }

  /** Logs an account in and consents. @returns where the user-agent stopped: at the redirect URI, if all went well */
  async authorize(email: string, changes: Changes = {}): Promise<Stop> {
    const agent = new UserAgent(this.issuer);
    const loginPage = await agent.open(this.authorizationUrl(changes));
    const consentPage = await agent.submit(loginPage, '/login', { email, password: PASSWORD });
    return agent.submit(consentPage, '/consent', { consent: 'allow' });
  }

  /** @throws Error when the authorization response has no code */
  async obtainCode(email: string, changes: Changes = {}): Promise<string> {
    const { url, status } = await this.authorize(email, changes);
    const code = url.searchParams.get('code');
    if (code === null) throw new Error(`no code, but ${status} ${url.href}`);
    return code;
  }

  /** @param origin of a replica, if the issuer has several */
  exchange(code: string, changes: Changes = {}, origin = this.issuer): Promise<TokenAnswer> {
    return tokenRequest(origin, {
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: this.codeVerifier,
      ...changes,
    });
  }

  refresh(refreshToken: string, changes: Changes = {}): Promise<TokenAnswer> {
    const parameters = { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: refreshToken };
    return tokenRequest(this.issuer, { ...parameters, ...changes });
  }

  async logIn(email: string, changes: Changes = {}): Promise<Tokens> {
    return tokens.parse((await this.exchange(await this.obtainCode(email, changes))).body);
  }
}
