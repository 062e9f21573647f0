import { Provider, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { isSigningAlgorithm } from '../resource-servers/access-token-kind.js';
import type { ResourceServers } from '../resource-servers/resource-servers.js';
import type { KeyRing, SigningAlgorithm } from '../signing-keys/key-ring.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import { accessTokenKindFor } from './resource-server.js';

/** Signs the ID tokens and logout tokens of a client that names no other (OpenID Connect Registration §2). */
export const DEFAULT_ID_TOKEN_ALGORITHM: SigningAlgorithm = 'RS256';

type Request = Pick<KoaContextWithOIDC['oidc'], 'client' | 'params' | 'requestParamScopes'>;

/** What a client redeems: a code, a device code, a refresh token. */
interface GrantSource {
  readonly scopes: ReadonlySet<string>;
  readonly resource?: string | readonly string[] | undefined;
}

/**
 * Whether a key signs what is asked for. An algorithm that is new has none until its first key may sign, and one whose
 * key was revoked has none until there is another: both pass, and the answer meanwhile is 503.
 */
export class SignatureCheck {
  constructor(
    private readonly keyRing: Pick<KeyRing<SigningKey>, 'signingKey'>,
    private readonly resourceServers: ResourceServers,
  ) {}

  /** @throws SigningUnavailableError when the access tokens of a client for a resource server cannot be signed */
  assertSignsFor(client: Client, indicator: string): void {
    const server = this.resourceServers.resolve(indicator);
    if (server === undefined) return;
    this.assertSigns(accessTokenKindFor(client, server).name);
  }

  /**
   * To be called before what is redeemed is used up: a client keeps what it has while the answer is 503.
   *
   * @throws SigningUnavailableError
   */
  assertSignsAnswer({ client, params, requestParamScopes }: Request, source: GrantSource): void {
    if (client === undefined) return;
    const scopes = params?.['scope'] === undefined ? source.scopes : requestParamScopes;
    if (scopes.has('openid')) this.assertSigns(client.idTokenSignedResponseAlg ?? DEFAULT_ID_TOKEN_ALGORITHM);
    const resource = params?.['resource'] ?? source.resource;
    for (const indicator of [resource].flat()) {
      if (typeof indicator === 'string') this.assertSignsFor(client, indicator);
    }
  }

  /** @param kind of a token; one that is not signed with a key of the ring passes */
  private assertSigns(kind: string): void {
    if (isSigningAlgorithm(kind) && this.keyRing.signingKey(kind) === undefined)
      throw new SigningUnavailableError(`no key signs with ${kind} at the moment`);
  }
}

/** oidc-provider uses up a code before it looks at the resource, and with it at the algorithm, of the token. */
export function checkBeforeCodesAreUsedUp(
  { AuthorizationCode, DeviceCode }: Provider,
  check: SignatureCheck,
): void {
  for (const prototype of [AuthorizationCode.prototype, DeviceCode.prototype]) {
    const consume = Reflect.get(prototype, 'consume');
    prototype.consume = async function (this: GrantSource) {
      const { oidc } = Provider.ctx ?? {};
      if (oidc !== undefined) check.assertSignsAnswer(oidc, this);
      await Reflect.apply(consume, this, []);
    };
  }
}
