import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const DEVICE = /^[\w-]{22}$/;
const LIFETIME_SECONDS = 180 * 24 * 60 * 60;

export interface KnownDeviceOptions {
  readonly secret: string;
  /** Whether people come over TLS: a `__Host-` cookie then (RFC 6265bis §4.1.3). */
  readonly isSecure: boolean;
}

/**
 * Cookies that say "an account has logged in on this device before" (OWASP, "device cookies"). Failed logins from such
 * a device are counted apart, so that an attacker who fails on purpose delays everyone but the owner. Such a cookie
 * opens nothing: a thief of one gets a few attempts at one password.
 */
export class KnownDevices {
  constructor(private readonly options: KnownDeviceOptions) {}

  /** `Set-Cookie` of a device on which this account has just logged in. */
  cookieFor(account: string): string {
    const device = randomBytes(16).toString('base64url');
    const secure = this.options.isSecure ? '; Secure' : '';
    const value = `${device}.${this.signature(account, device)}`;
    return `${this.name(account)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${LIFETIME_SECONDS}${secure}`;
  }

  /** The device that a `Cookie` header proves to be one of this account. */
  find(account: string, cookies: string | undefined): string | undefined {
    const name = `${this.name(account)}=`;
    const cookie = cookies?.split(/; */).find((candidate) => candidate.startsWith(name));
    const [device = '', signature = ''] = cookie?.slice(name.length).split('.') ?? [];
    if (!DEVICE.test(device)) return undefined;
    const [actual, expected] = [Buffer.from(signature), Buffer.from(this.signature(account, device))];
    const isOurs = actual.byteLength === expected.byteLength && timingSafeEqual(actual, expected);
    return isOurs ? device : undefined;
  }

  /** People who share a device have a cookie each. */
  private name(account: string): string {
    return `${this.options.isSecure ? '__Host-' : ''}countersign-device-${account.slice(0, 8)}`;
  }

  private signature(account: string, device: string): string {
    return createHmac('sha256', this.options.secret)
      .update(JSON.stringify(['known-device', account, device]))
      .digest('base64url');
  }
}
