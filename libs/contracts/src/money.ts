import { z } from 'zod';

/** 99 999 999.99 in a currency of two decimals; any sum of amounts within it is exact in a JavaScript number. */
export const MAX_AMOUNT = 9_999_999_999;

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'is not an ISO 4217 code', abort: true })
  .length(3)
  .refine((code) => currencies.has(code), 'is not the ISO 4217 code of a currency in use')
  .meta({ description: 'ISO 4217 code', example: 'EUR' });

/** Money is counted in the currency's minor unit (cents, pence, yen): a fraction cannot be said, so never rounded. */
export const minorUnits = z
  .int()
  .min(1)
  .max(MAX_AMOUNT)
  .meta({ description: "In the currency's minor unit: 1250 is 12.50 EUR, or 1250 JPY", example: 1250 });

export const money = z
  .strictObject({ amount: minorUnits, currency: currencyCode })
  .meta({ id: 'Money', description: 'An amount of one currency' });

export type Money = z.output<typeof money>;
