import { describe, expect, it } from '@jest/globals';
import { refreshTokenSeconds } from './lifetimes.js';

const DAY = 24 * 60 * 60;

describe('a refresh token', () => {
  it('is good for 14 days without use', () => {
    expect(refreshTokenSeconds(0)).toBe(14 * DAY);
    expect(refreshTokenSeconds(16 * DAY)).toBe(14 * DAY);
  });

  it('never outlives the 30th day after the login, however often it is rotated', () => {
    expect(refreshTokenSeconds(29 * DAY)).toBe(1 * DAY);
    expect(refreshTokenSeconds(30 * DAY)).toBe(1);
    expect(refreshTokenSeconds(400 * DAY)).toBe(1);
  });
});
