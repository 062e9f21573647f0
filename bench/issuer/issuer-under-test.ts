export type Algorithm = 'RS256' | 'ES256';

/** Published: see the README. A bare provider is given the same. */
export const SERVICE = { id: 'demo-service', secret: 'demo-service-secret' };
export const WEB = 'demo-web';
export const SCOPE = 'orders:read payments:read';

/** An authorization server with a process of its own. */
export interface IssuerUnderTest {
  readonly url: string;
  readonly pid: number;
  /** Refresh tokens of logins for `SCOPE`, each of a family of its own. */
  refreshTokens(count: number): Promise<string[]>;
  stop(): Promise<void>;
}
