import { html, type Html } from '../pages/html.js';
import { onwards } from './registration-forms.js';
import type { SelfService } from './self-service.js';

/** The ways on from a login form, for who has no account or no password any more. */
export function selfServiceLinks(
  { registration, passwordReset }: SelfService,
  interactionUid: string | undefined,
): Html {
  const from = onwards(interactionUid);
  return html`
    ${passwordReset === 'open' ? html`<p><a href="/password/forgotten${from}">Forgotten your password?</a></p>` : undefined}
    ${registration === 'open' ? html`<p>New here? <a href="/register${from}">Create an account</a></p>` : undefined}
  `;
}
