import { describe, expect, it } from '@jest/globals';
import { passwordFault } from './password-rules.js';

const owner = { email: 'mira.merchant@shop.example', name: 'Mira Merchant' };

describe('a password is good (ASVS 6.2.1, 6.2.5, 6.2.9)', () => {
  it.each([
    ['three words of lower case', 'kettle window bicycle'],
    ['exactly 15 characters', 'qzjvkwpxmtbglrh'],
    ['256 characters', 'correct horse battery staple, '.repeat(9).slice(0, 255) + 'Z'],
    ['15 characters beyond the first plane', '🐴🔋📎🌍🎈🍎🚲🪟☕🧦🌵🎻🛶🧭🪁'],
    ['its owner’s name within much else', 'mira sails the western isles'],
    ['spaces at both ends', '  tea at half past four '],
  ])('%s', async (_what, password) => expect(await passwordFault(password, owner)).toBeUndefined());
});

describe('a password is refused (ASVS 6.2.4)', () => {
  it.each([
    ['that is too short', 'kettle window b', 'short', -1],
    ['of 14 emoji', '🐴🔋📎🌍🎈🍎🚲🪟☕🧦🌵🎻🛶🧭', 'short', 0],
    ['of one key that is normalized to 18 characters', 'ﷺ', 'short', 0],
    ['of 14 keys that are normalized to 15 characters', 'qzjvkwpxmtbgl㎏', 'short', 0],
    ['of 16 keys that are normalized to 14 characters', 'qzjvkwpxmtbge\u0301a\u0301', 'short', 0],
    ['that is too long', 'kettle window bicycle '.repeat(12), 'long', 0],
    ['of one character', 'aaaaaaaaaaaaaaaaaaaa', 'repeats', 0],
    ['of one word again and again', 'passwordpassword', 'guessed', 0],
    ['of few characters again and again', '123412341234123412', 'repeats', 0],
    ['of digits in a row', '12345678901234567', 'row', 0],
    ['of the alphabet backwards', 'onmlkjihgfedcba', 'row', 0],
    ['that is on the list', '1qaz2wsx3edc4rfv', 'guessed', 0],
    ['that is on the list but for the name of this service', 'countersign123456789', 'guessed', 0],
    ['that is the e-mail address', 'Mira.Merchant@shop.example', 'guessed', 0],
    ['that is little more than the name', 'Mira-Merchant-2026', 'guessed', 0],
  ])('%s', async (_what, password, reason, cut) => {
    expect(await passwordFault(cut === -1 ? password.slice(0, 14) : password, owner)).toContain(reason);
  });
});
