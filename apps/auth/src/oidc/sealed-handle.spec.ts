import { describe, expect, it } from '@jest/globals';
import { UnsealRefusedError } from '../sealing/aes-256-gcm.js';
import { openHandle, sealHandle } from './sealed-handle.js';

describe('a sealed handle', () => {
  const sealed = sealHandle('the successor', 'the used one');

  it('opens with the handle that it was sealed for', () => {
    expect(openHandle(sealed, 'the used one')).toBe('the successor');
  });

  it('that an earlier version sealed still opens', () => {
    const earlier = 'leGAh703r0bqKRbvIz1knflQEgB7gTBYk6tBB62Rqq2FGT3T-sGPIqo';
    expect(openHandle(earlier, 'the used one')).toBe('the successor');
  });

  it('is another each time', () => {
    expect(sealHandle('the successor', 'the used one')).not.toBe(sealed);
  });

  it.each([
    ['with another handle', sealed, 'another'],
    ['when it was altered', `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`, 'the used one'],
    ['when it was cut', sealed.slice(0, 10), 'the used one'],
    ['when there is nothing', '', 'the used one'],
  ])('does not open %s', (_deviation, deviating, openedBy) => {
    expect(() => openHandle(deviating, openedBy)).toThrow(UnsealRefusedError);
  });
});
