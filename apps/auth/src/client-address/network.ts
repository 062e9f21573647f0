import { isIPv6 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Groups of an IPv6 address that a provider gives to one customer: the first 64 bits (RFC 6177). */
const CUSTOMER_GROUPS = 4;
const ALL_GROUPS = 8;

/**
 * Whom an address belongs to, as far as that can be told: an IPv4 address, or the /64 of an IPv6 address, whose other
 * 64 bits a customer may change with every request.
 */
export function networkOf(address: string): string {
  const [, ipv4] = IPV4_IN_IPV6.exec(address) ?? [];
  if (ipv4 !== undefined) return ipv4;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const zeros = ALL_GROUPS - (first?.length ?? 0) - (last?.length ?? 0);
  const groups =
    tail === undefined
      ? (first ?? [])
      : [...(first ?? []), ...Array<string>(zeros).fill('0'), ...(last ?? [])];
  const shortest = groups.slice(0, CUSTOMER_GROUPS).map((group) => parseInt(group, 16).toString(16));
  return `${shortest.join(':')}::/64`;
}

/** Roughly where an address is, for people to recognise and of no use to anyone else: the last part is left out. */
export function placeOf(address: string): string {
  const network = networkOf(address);
  if (isIPv6(address) && network.endsWith('::/64')) return `${network.split(':').slice(0, 3).join(':')}:*`;
  return network.replace(/\.\d+$/, '.*');
}
