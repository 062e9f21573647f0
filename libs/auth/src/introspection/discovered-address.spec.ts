import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DiscoveredAddress } from './discovered-address.js';

let now: number;
let address: DiscoveredAddress;
const discover = jest.fn<() => Promise<string>>();
const onWarning = jest.fn<(message: string) => void>();

beforeEach(() => {
  now = Date.parse('2026-03-01T12:00:00Z');
  discover.mockReset().mockResolvedValue('http://issuer.example/introspect');
  onWarning.mockReset();
  address = new DiscoveredAddress({ discover, onWarning, now: () => now });
});

describe('a discovered address', () => {
  it('is looked up once, for all who wait', async () => {
    await Promise.all([address.find(), address.find()]);
    now += 3_600_000;
    expect(await address.find()).toBe('http://issuer.example/introspect');
    expect(discover).toHaveBeenCalledTimes(1);
  });

  it('that could not be looked up is looked up by the next', async () => {
    discover.mockRejectedValueOnce(new Error('connection refused'));
    await expect(address.find()).rejects.toThrow('connection refused');
    expect(await address.find()).toBe('http://issuer.example/introspect');
  });

  it('is looked up again when it fails, and replaced by what the issuer says now', async () => {
    await address.find();
    now += 10_000;
    discover.mockResolvedValue('http://elsewhere.example/introspect');
    address.doubt();
    expect(await address.find()).toBe('http://issuer.example/introspect');
    await new Promise(setImmediate);
    expect(await address.find()).toBe('http://elsewhere.example/introspect');
  });

  it('is looked up once in 10 seconds, however often it fails', async () => {
    await address.find();
    for (let count = 0; count < 1_000; count++) {
      address.doubt();
      now += 29;
    }
    expect(discover).toHaveBeenCalledTimes(3);
  });

  it('stays what it was while the issuer does not answer', async () => {
    await address.find();
    now += 10_000;
    discover.mockRejectedValue(new Error('connection refused'));
    address.doubt();
    await new Promise(setImmediate);
    expect(await address.find()).toBe('http://issuer.example/introspect');
    expect(onWarning).toHaveBeenCalledWith('the address of introspection is kept: connection refused');
  });
});
