import { commonPasswords } from './common-passwords.js';

/** NIST SP 800-63B-4 §3.1.1.1 for a password that is the only factor; OWASP ASVS 6.2.1 recommends the same. */
const MIN_PASSWORD_LENGTH = 15;
/** Long enough for every passphrase; a longer one is not what a person typed. */
export const MAX_PASSWORD_LENGTH = 256;
/** What has to be left when the words are taken away that everyone would guess first. */
const MIN_OWN_LENGTH = 8;
/** `Countersign2026` is no secret here. */
const WORDS_OF_THIS_SERVICE = ['countersign', 'password'];
const MIN_WORD_LENGTH = 4;

export const PASSWORD_RULES = `At least ${MIN_PASSWORD_LENGTH} characters. Any characters, spaces too: a few words that you will remember are good.`;

/**
 * Why a password is refused, in words for the person; undefined when it is good. Length decides, and whether it would be
 * guessed early; no kind of character is asked for (NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 6.2.4, 6.2.5, 6.2.9). Both what
 * was typed and what is hashed have to be long: `ﷺ` is one key, and 18 characters when it is normalized.
 */
export async function passwordFault(
  password: string,
  owner: { readonly email: string; readonly name: string },
): Promise<string | undefined> {
  const text = password.normalize('NFKC').toLowerCase();
  if (Math.min(codePoints(password).length, codePoints(text).length) < MIN_PASSWORD_LENGTH)
    return `This password is too short: it needs at least ${MIN_PASSWORD_LENGTH} characters.`;
  if (password.length > MAX_PASSWORD_LENGTH)
    return `This password is too long: it can have ${MAX_PASSWORD_LENGTH} characters.`;
  if (/^(.{1,7}?)\1+.{0,7}$/su.test(text)) return 'This password repeats the same few characters.';
  if (isRow(text)) return 'This password is one long row of the alphabet or of digits.';
  const common = await commonPasswords();
  const own = withoutWords(text, [...WORDS_OF_THIS_SERVICE, ...wordsOf(owner)]);
  if (common.has(text) || codePoints(own).length < MIN_OWN_LENGTH || common.has(own))
    return 'This password would be guessed early: it is a common one, or little more than your name or address.';
  return undefined;
}

function wordsOf({ email, name }: { readonly email: string; readonly name: string }): readonly string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@');
  return [email, local, domain, ...domain.split('.'), ...name.toLowerCase().split(/\s+/)]
    .filter((word) => word.length >= MIN_WORD_LENGTH)
    .toSorted((a, b) => b.length - a.length);
}

function withoutWords(text: string, words: readonly string[]): string {
  return words.reduce((rest, word) => rest.replaceAll(word, ''), text);
}

/** Whether each character follows the one before: `abcdefghijklmno`, `987654321098765`. */
function isRow(text: string): boolean {
  const points = codePoints(text);
  const steps = points.slice(1).map((point, index) => {
    const step = point - (points[index] ?? 0);
    return step === -9 || step === 9 ? -Math.sign(step) : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

/** What NIST counts as characters: `length` would count most emoji twice. */
function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
