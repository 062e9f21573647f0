export type Algorithm = 'RS256' | 'ES256';

/** Published: see the README. A bare provider is given the same. */
export const SERVICE = { id: 'demo-service', secret: 'demo-service-secret' };
export const WEB = 'demo-web';
export const SCOPE = 'orders:read payments:read';

/**
 * V8's four helper threads have the priority of the main thread: on a core that they share, garbage collection with
 * them stops it for longer than garbage collection by itself (docs/operations.md).
 */
export const ONE_CORE_NODE_OPTIONS: readonly string[] = ['--single-threaded-gc'];

/** An authorization server with a process of its own. */
export interface IssuerUnderTest {
  readonly url: string;
  readonly pid: number;
  /** Refresh tokens of logins for `SCOPE`, each of a family of its own. */
  refreshTokens(count: number): Promise<string[]>;
  stop(): Promise<void>;
}
