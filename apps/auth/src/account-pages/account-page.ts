import type { Account } from '../accounts/account.js';
import { SCOPES_IN_WORDS } from '../interactions/scopes-in-words.js';
import { html, type Html } from '../pages/html.js';
import { page } from '../pages/page.js';
import { agoInWords, moment } from '../pages/time.js';
import type { OpenSession } from '../sessions/account-access.service.js';
import { deviceInWords } from './device-in-words.js';

/** What has just been done, by the name that stands in the address of the page. */
export const NOTICES = {
  session: 'That session has ended.',
  application: 'That application has no access any more.',
  password: 'Your password has been changed. You are logged out everywhere but here.',
} as const;

export interface AccountPage {
  readonly account: Account;
  readonly sessionUid: string;
  readonly sessions: readonly OpenSession[];
  readonly applications: readonly {
    readonly clientId: string;
    readonly name: string;
    readonly scopes: readonly string[];
    readonly since: Date;
  }[];
  readonly notice: string | undefined;
  readonly now: Date;
}

export function accountPage({
  account,
  sessionUid,
  sessions,
  applications,
  notice,
  now,
}: AccountPage): string {
  return page(
    'Your account',
    html`
      ${notice === undefined ? undefined : html`<p role="status">${notice}</p>`}
      <p><strong>${account.name}</strong><br />${account.email}</p>
      <p><a href="/account/password">Change the password</a></p>
      <h2>Where you are logged in</h2>
      <ul class="entries">
        ${sessions.map((session) => sessionEntry(session, { sessionUid, now }))}
      </ul>
      <h2>Applications with access</h2>
      ${
        applications.length === 0
          ? html`<p>None.</p>`
          : html`<ul class="entries">
              ${applications.map(applicationEntry)}
            </ul>`
      }
      <h2>All of it at once</h2>
      <p>This logs you out here and everywhere else, and takes access from every application.</p>
      <form method="post" action="/account/sign-out-everywhere">
        <button type="submit">Sign out everywhere</button>
      </form>
    `,
  );
}

function sessionEntry(
  { uid, userAgent, place, loggedInAt, lastUsedAt }: OpenSession,
  { sessionUid, now }: Pick<AccountPage, 'sessionUid' | 'now'>,
): Html {
  const device = deviceInWords(userAgent);
  return html`<li>
    <p>
      <strong>${device}</strong
      >${uid === sessionUid ? html` <span class="mark">this one</span>` : undefined}<br />
      at ${place}, last used ${agoInWords(lastUsedAt, now)}<br />
      logged in ${moment(loggedInAt)}
    </p>
    <form method="post" action="/account/end-session">
      <input type="hidden" name="session" value="${uid}" />
      <button type="submit" class="secondary small" aria-label="Log out: ${device}, at ${place}">
        Log out
      </button>
    </form>
  </li>`;
}

function applicationEntry({ clientId, name, scopes, since }: AccountPage['applications'][number]): Html {
  return html`<li>
    <p><strong>${name}</strong>, since ${moment(since)}, may:</p>
    <ul>
      ${scopes.map((scope) => html`<li>${SCOPES_IN_WORDS[scope] ?? scope}</li>`)}
    </ul>
    <form method="post" action="/account/end-access">
      <input type="hidden" name="client_id" value="${clientId}" />
      <button type="submit" class="secondary small" aria-label="Take access from ${name}">
        Take access away
      </button>
    </form>
  </li>`;
}
