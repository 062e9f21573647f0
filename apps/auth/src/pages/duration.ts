const MINUTE = 60;

/** A wait in words, rounded up: "1 second", "4 minutes". */
export function durationInWords(seconds: number): string {
  if (seconds < 2 * MINUTE) return inUnits(seconds, 'second');
  return inUnits(Math.ceil(seconds / MINUTE), 'minute');
}

function inUnits(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
