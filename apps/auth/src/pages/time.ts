import { html, type Html } from './html.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** A moment in words. A page without scripts does not know the person's time zone. */
export function moment(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${FORMAT.format(date)} UTC</time>`;
}

export function agoInWords(date: Date, now: Date): string {
  const elapsed = now.getTime() - date.getTime();
  if (elapsed < 2 * MINUTE) return 'just now';
  if (elapsed < 2 * HOUR) return `${Math.floor(elapsed / MINUTE)} minutes ago`;
  if (elapsed < 2 * DAY) return `${Math.floor(elapsed / HOUR)} hours ago`;
  return `${Math.floor(elapsed / DAY)} days ago`;
}
