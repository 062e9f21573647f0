import { html } from '../pages/html.js';
import { page } from '../pages/page.js';
import { SCOPES_IN_WORDS } from './scopes-in-words.js';

export interface ConsentPage {
  readonly uid: string;
  readonly clientName: string;
  readonly accountEmail: string | undefined;
  readonly scopes: readonly string[];
}

export function consentPage({ uid, clientName, accountEmail, scopes }: ConsentPage): string {
  return page(
    `Allow ${clientName}?`,
    html`
      <p>You are logged in as <strong>${accountEmail}</strong>. <strong>${clientName}</strong> asks to:</p>
      <ul>
        ${scopes.map((scope) => html`<li>${SCOPES_IN_WORDS[scope] ?? scope}</li>`)}
      </ul>
      <p>${lifetimeInWords(scopes)}</p>
      <form method="post" action="/interaction/${uid}/consent">
        <button type="submit" name="consent" value="allow">Allow</button>
      </form>
      <form method="post" action="/interaction/${uid}/abort">
        <button type="submit" class="secondary">Do not allow</button>
      </form>
    `,
  );
}

/** A grant with `offline_access` outlives the logout (OpenID Connect Core §11). */
function lifetimeInWords(scopes: readonly string[]): string {
  return scopes.includes('offline_access')
    ? 'This lasts for 30 days at most, also after you log out here.'
    : 'This lasts until you log out here, and for 30 days at most.';
}
