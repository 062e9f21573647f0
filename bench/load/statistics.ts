export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((one, other) => one - other),
    50,
  );
}

/** By the nearest rank. `values` are in ascending order. @throws RangeError when there are none */
export function percentile(values: readonly number[], percent: number): number {
  const value = values[Math.max(0, Math.ceil((values.length * percent) / 100) - 1)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** To so many decimal places. */
export function round(value: number, places = 0): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}
