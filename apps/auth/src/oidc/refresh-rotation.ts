import { randomBytes } from 'node:crypto';
import { Provider, type AdapterPayload } from 'oidc-provider';
import type { RefreshTokenStore } from './refresh-token-store.js';

const HANDLE_BYTES = 32;

type RefreshToken = InstanceType<Provider['RefreshToken']>;

/** A method that oidc-provider does not type (lib/models/base_model.js). */
interface Storable {
  getValueAndPayload(): Promise<{ readonly payload: AdapterPayload }>;
}

/**
 * Makes one step of oidc-provider's two: its refresh grant marks the old token as used, and then saves the new one. A
 * crash between them would log the person out, and a second request could not learn the new one's handle.
 */
export function rotateInOneStep({ RefreshToken }: Provider, store: RefreshTokenStore): void {
  const { prototype } = RefreshToken;
  const save = Reflect.get(prototype, 'save');
  // Its only caller is the refresh grant, which goes on to `save`.
  prototype.consume = async () => undefined;
  prototype.save = async function (this: RefreshToken & Storable) {
    const used = Provider.ctx?.oidc.entities.RotatedRefreshToken;
    if (used === undefined) return Reflect.apply(save, this, []);
    this.jti = randomBytes(HANDLE_BYTES).toString('base64url');
    const { payload } = await this.getValueAndPayload();
    const successor = { handle: this.jti, payload, expiresInSeconds: this.remainingTTL };
    this.jti = await store.rotate(used.jti, successor);
    return this.jti;
  };
}

/** A refresh token that another client than its own presents has leaked: its family ends (RFC 9700 §4.14.2). */
export function endLeakedFamilies({ RefreshToken }: Provider, store: RefreshTokenStore): void {
  const find = Reflect.get(RefreshToken, 'find');
  Reflect.set(RefreshToken, 'find', async (...args: readonly unknown[]) => {
    const token: RefreshToken | undefined = await Reflect.apply(find, RefreshToken, args);
    const { oidc } = Provider.ctx ?? {};
    if (token === undefined || oidc?.route !== 'token') return token;
    if (token.clientId !== oidc.client?.clientId) await store.refuseReuse(token.jti);
    return token;
  });
}
