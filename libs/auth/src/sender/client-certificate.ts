import { createHash, X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { AuthError } from '../auth-error.js';

/**
 * How a proxy passes the client's certificate on: `client-cert` as RFC 9440 §2.1 has it, or Envoy's
 * `x-forwarded-client-cert` with `Hash` or `Cert`.
 */
export const CLIENT_CERTIFICATE_HEADERS = ['client-cert', 'x-forwarded-client-cert'] as const;
export type ClientCertificateHeader = (typeof CLIENT_CERTIFICATE_HEADERS)[number];

/** RFC 8941 §3.3.5: a byte sequence. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;
/** An element of Envoy's header: `Key=value` or `Key="value"`, with `;` between. A comma begins the next element. */
const XFCC_PAIR = /(?:^|;)(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"]*))/g;
const XFCC_ELEMENT = /^(?:\w+=(?:"(?:[^"\\]|\\.)*"|[^;,"]*)(?:;(?!$)|$))+$/;
const HEX_SHA_256 = /^[0-9a-f]{64}$/i;
const MAX_HEADER_LENGTH = 16_384;

/**
 * The thumbprint (`x5t#S256`, RFC 8705 §3.1) of the certificate that a proxy has seen.
 *
 * @param values of every header of that name
 * @returns undefined when the client has shown none
 * @throws AuthError when it cannot be said which certificate is meant: two headers, or two proxies in one
 */
export function certificateThumbprint(
  header: ClientCertificateHeader,
  values: readonly string[],
): string | undefined {
  const [value] = values;
  if (value === undefined || value === '') return undefined;
  const thumbprint =
    values.length > 1 || value.length > MAX_HEADER_LENGTH
      ? undefined
      : header === 'client-cert'
        ? fromClientCert(value)
        : fromForwardedClientCert(value);
  if (thumbprint === undefined) {
    throw new AuthError('confirmation_unproven', `the header ${header} does not name one certificate`);
  }
  return thumbprint;
}

function fromClientCert(value: string): string | undefined {
  const base64 = BYTE_SEQUENCE.exec(value.trim())?.[1];
  return base64 === undefined ? undefined : digestOf(Buffer.from(base64, 'base64'));
}

/** With two elements the first came from whoever spoke to the proxy before this one, and may be his own. */
function fromForwardedClientCert(value: string): string | undefined {
  if (!XFCC_ELEMENT.test(value)) return undefined;
  const pairs = new Map<string, string>();
  for (const [, key = '', quoted, plain = ''] of value.matchAll(XFCC_PAIR)) {
    const name = key.toLowerCase();
    if (pairs.has(name) && name !== 'uri' && name !== 'dns') return undefined;
    pairs.set(name, quoted ?? plain);
  }
  const hash = pairs.get('hash');
  if (hash !== undefined) {
    return HEX_SHA_256.test(hash) ? Buffer.from(hash, 'hex').toString('base64url') : undefined;
  }
  return fromEncodedPem(pairs.get('cert'));
}

function fromEncodedPem(cert = ''): string | undefined {
  try {
    return digestOf(new X509Certificate(decodeURIComponent(cert)).raw);
  } catch {
    return undefined;
  }
}

function digestOf(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('base64url');
}

/** The proxies that are believed; everyone else's word about his certificate is his own. */
export class TrustedProxies {
  private readonly networks = new BlockList();

  /** @param networks addresses, or networks in CIDR notation */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = familyOf(address);
      if (prefix === undefined) this.networks.addAddress(address, family);
      else this.networks.addSubnet(address, Number(prefix), family);
    }
  }

  /** @param address of who opened the connection, not of whom he speaks */
  include(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, ''); // an IPv4 address, as a socket for both families says it
    return isIP(plain) !== 0 && this.networks.check(plain, familyOf(plain));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
