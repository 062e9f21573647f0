import type { Configuration } from 'oidc-provider';

/**
 * `__Host-` ties a cookie to this host, `__Secure-` to TLS: a neighbouring subdomain cannot plant one (RFC 6265bis
 * §4.1.3). The short ones have a path each, so that two tabs do not disturb each other, which `__Host-` rules out.
 */
export function cookies(issuer: string, secrets: readonly string[]): Configuration['cookies'] {
  const options = cookieOptions(issuer);
  const isSecure = new URL(issuer).protocol === 'https:';
  return {
    keys: [...secrets],
    names: {
      session: `${isSecure ? '__Host-' : ''}countersign-session`,
      interaction: `${isSecure ? '__Secure-' : ''}countersign-interaction`,
      resume: `${isSecure ? '__Secure-' : ''}countersign-resume`,
    },
    long: options,
    short: options,
  };
}

export function cookieOptions(issuer: string) {
  const secure = new URL(issuer).protocol === 'https:';
  return { httpOnly: true, sameSite: 'lax', signed: true, secure } as const;
}
