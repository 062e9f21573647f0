import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineMessage } from './message.js';

describe('a message', () => {
  it.each(['orders', 'orders.place.now', 'Orders.place', 'orders.*', ''])(
    'is not defined under the pattern "%s"',
    (pattern) => {
      expect(() => defineMessage({ pattern, request: z.unknown(), response: z.unknown() })).toThrow(
        TypeError,
      );
    },
  );
});
