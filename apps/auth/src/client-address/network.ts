import { isIPv6 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** The first 56 bits of an IPv6 address: three groups, and half of the fourth. */
const WHOLE_GROUPS = 3;
const HALF_OF_GROUP = 0xff00;
const ALL_GROUPS = 8;

/**
 * Whom an address belongs to, as far as that can be told: an IPv4 address, or the /56 of an IPv6 address. A site gets
 * more than one /64, commonly a /56 (RFC 6177 §2): counted by the /64, a line at home would be 256 networks. Who has a
 * /48 still is as many; a limit for the /48 would be shared by the homes of others.
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
  const numbers = groups.map((group) => parseInt(group, 16));
  const fourth = (numbers[WHOLE_GROUPS] ?? 0) & HALF_OF_GROUP;
  const customer = [...numbers.slice(0, WHOLE_GROUPS), fourth].map((group) => group.toString(16));
  return `${customer.join(':')}::/56`;
}

/** Roughly where an address is, for people to recognise and of no use to anyone else: the last part is left out. */
export function placeOf(address: string): string {
  const network = networkOf(address);
  if (isIPv6(address) && network.endsWith('::/56')) return `${network.split(':').slice(0, 3).join(':')}:*`;
  return network.replace(/\.\d+$/, '.*');
}
