import { html, type Html } from './html.js';

export interface Field {
  /** Name and id of the input. */
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  /** What a password manager, or the browser, fills in (HTML, autofill detail tokens). */
  readonly autocomplete: string;
  readonly maxLength: number;
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly focus?: 'first';
  /** What was wrong with it; said by the alert of the page, which it points to. */
  readonly fault?: 'see the alert' | undefined;
}

export const ALERT_ID = 'problem';

/** A labelled input, with what a screen reader has to say of it. */
export function field({
  name,
  label,
  type,
  autocomplete,
  maxLength,
  value,
  hint,
  focus,
  fault,
}: Field): Html {
  const described = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(fault === undefined ? [] : [ALERT_ID]),
  ];
  return html`
    <label for="${name}">${label}</label>
    ${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${hint}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      maxlength="${maxLength}"
      required
      ${value === undefined ? undefined : html`value="${value}"`}
      ${described.length === 0 ? undefined : html`aria-describedby="${described.join(' ')}"`}
      ${fault === undefined ? undefined : html`aria-invalid="true"`}
      ${focus === undefined ? undefined : html`autofocus`}
    />
  `;
}

/** What went wrong, said at once and found by the fields it is about. */
export function alert(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<p role="alert" id="${ALERT_ID}">${problem}</p>`;
}
