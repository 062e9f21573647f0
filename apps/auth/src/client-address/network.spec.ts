import { describe, expect, it } from '@jest/globals';
import { networkOf, placeOf } from './network.js';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:1200:3:4:5:6', '2001:db8:1:1200::/56'],
    ['2001:db8:1:12ff:3:4:5:6', '2001:db8:1:1200::/56'],
    ['2001:db8:1:1300::1', '2001:db8:1:1300::/56'],
    ['2001:0DB8:0001:00ff::9', '2001:db8:1:0::/56'],
    ['2001:db8::1', '2001:db8:0:0::/56'],
    ['fe80::1%eth0', 'fe80:0:0:0::/56'],
    ['::1', '0:0:0:0::/56'],
  ])('%s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('the place of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.*'],
    ['::ffff:192.0.2.7', '192.0.2.*'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:*'],
  ])('%s is %s', (address, place) => expect(placeOf(address)).toBe(place));
});
