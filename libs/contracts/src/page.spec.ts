import { describe, expect, it } from '@jest/globals';
import { cursorAfter, idBeforeCursor, pageRequest } from './page.js';

describe('a page request', () => {
  it('asks for 20 entries from the first on when nothing is said', () => {
    expect(pageRequest.parse({})).toEqual({ limit: 20 });
  });

  it('takes its limit as text, as a query string has it', () => {
    expect(pageRequest.parse({ limit: '7' })).toEqual({ limit: 7 });
  });

  it.each([
    ['a limit of none', { limit: '0' }],
    ['a limit beyond 100', { limit: '101' }],
    ['a fractional limit', { limit: '1.5' }],
    ['two limits', { limit: ['1', '2'] }],
    ['an empty limit', { limit: '' }],
    ['a limit that is no number', { limit: 'all' }],
    ['a cursor of another length', { cursor: 'AAAA' }],
    ['a cursor with other characters', { cursor: "'; DROP TABLE orders;--" }],
    ['an unknown field', { offset: '20' }],
  ])('is refused with %s', (_what, request) => {
    expect(pageRequest.safeParse(request).success).toBe(false);
  });
});

describe('a cursor', () => {
  it('leads back to the id that it was made after', () => {
    const id = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';
    expect(pageRequest.parse({ cursor: cursorAfter(id) }).cursor).toHaveLength(22);
    expect(idBeforeCursor(cursorAfter(id))).toBe(id);
  });
});
