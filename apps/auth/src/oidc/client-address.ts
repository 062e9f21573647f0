import { isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/**
 * Whom a request came from, as far as it can be told: what throttles count by. `X-Forwarded-For` is what anyone typed,
 * but for the entries that the given number of own proxies appended. An IPv6 subscriber has a whole /64.
 */
export function clientAddress(request: IncomingMessage, trustedProxyHops: number): string {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  const list = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
    .split(',')
    .filter(Boolean);
  const hops = [...list.map((entry) => entry.trim()), peer];
  const address = hops.at(-1 - trustedProxyHops) ?? peer;
  return isIPv6(address) ? network64(address) : address;
}

function network64(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
