import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { clientAddress } from './client-address.js';

const PEER = '192.0.2.1';

function request(forwarded: string | undefined, remoteAddress = PEER): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe('the address of a client', () => {
  it.each<[situation: string, forwarded: string | undefined, hops: number, expected: string]>([
    ['is the peer without a proxy', undefined, 0, PEER],
    ['is the peer, whatever the caller says, without a proxy', '203.0.113.7', 0, PEER],
    ['is what one proxy appended', '203.0.113.7', 1, '203.0.113.7'],
    ['is not what the caller put before that', '10.0.0.1, 203.0.113.7', 1, '203.0.113.7'],
    ['is what the first of two proxies appended', '10.0.0.1, 203.0.113.7, 192.0.2.9', 2, '203.0.113.7'],
    ['is the peer when the header is shorter than the proxies', undefined, 2, PEER],
  ])('%s', (_situation, forwarded, hops, expected) => {
    expect(clientAddress(request(forwarded), hops)).toBe(expected);
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
  ])('of IPv6 is the network of a subscriber: %s', (address, expected) => {
    expect(clientAddress(request(undefined, address), 0)).toBe(expected);
  });
});
