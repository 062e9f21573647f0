import { MAX_PASSWORD_LENGTH, PASSWORD_RULES } from '../accounts/password-rules.js';
import { MAX_EMAIL_LENGTH, MAX_NAME_LENGTH } from '../accounts/person.js';
import { LINK_MINUTES } from '../mail/mailed-links.repository.js';
import { alert, field, type Field } from '../pages/field.js';
import { html, type Html } from '../pages/html.js';
import { page } from '../pages/page.js';

export interface EmailPage {
  readonly interactionUid: string | undefined;
  readonly email?: string | undefined;
  readonly problem?: string | undefined;
}

export function registerPage(content: EmailPage): string {
  return page(
    'Create an account',
    html`
      <p>We send you a link, to be sure that the address is yours. You choose your password there.</p>
      ${emailForm('/register', content)}
    `,
  );
}

export function forgottenPasswordPage(content: EmailPage): string {
  return page(
    'Forgotten your password?',
    html`
      <p>We send you a link by which you choose a new one.</p>
      ${emailForm('/password/forgotten', content)}
    `,
  );
}

function emailForm(action: string, { interactionUid, email, problem }: EmailPage): Html {
  return html`
    ${alert(problem)}
    <form method="post" action="${action}">
      ${interactionUid === undefined ? undefined : html`<input type="hidden" name="interaction" value="${interactionUid}" />`}
      ${field({
        name: 'email',
        label: 'E-mail address',
        type: 'email',
        autocomplete: 'email',
        maxLength: MAX_EMAIL_LENGTH,
        value: email,
        fault: problem === undefined ? undefined : 'see the alert',
        focus: 'first',
      })}
      <button type="submit">Send the link</button>
    </form>
    ${interactionUid === undefined ? undefined : html`<p><a href="/interaction/${interactionUid}">Back to the login</a></p>`}
  `;
}

/** The same for every address: it must not tell who has an account. */
export function mailSentPage(): string {
  return page(
    'Look into your mail',
    html`
      <p>
        If the address can be used, a mail is on its way to it. Open the link in it within ${LINK_MINUTES}
        minutes.
      </p>
      <p>Nothing there? Look among the unwanted mail, or try again in an hour.</p>
    `,
  );
}

export interface PasswordPage {
  readonly token: string;
  readonly email: string;
  readonly name?: string | undefined;
  readonly problem?: string | undefined;
}

export function finishRegistrationPage({ token, email, name, problem }: PasswordPage): string {
  return page(
    'Create your account',
    html`
      <p>for <strong>${email}</strong></p>
      ${alert(problem)}
      <form method="post" action="/register/finish">
        <input type="hidden" name="token" value="${token}" />
        ${field({
          name: 'name',
          label: 'Your name',
          type: 'text',
          autocomplete: 'name',
          maxLength: MAX_NAME_LENGTH,
          value: name,
          ...(problem === undefined && { focus: 'first' }),
        })}
        ${newPasswordFields(email, problem === undefined ? {} : { fault: 'see the alert', focus: 'first' })}
        <button type="submit">Create the account</button>
      </form>
    `,
  );
}

export function resetPasswordPage({ token, email, problem }: PasswordPage): string {
  return page(
    'Choose a new password',
    html`
      <p>for <strong>${email}</strong>. You are logged out everywhere then.</p>
      ${alert(problem)}
      <form method="post" action="/password/reset">
        <input type="hidden" name="token" value="${token}" />
        ${newPasswordFields(email, { focus: 'first', ...(problem !== undefined && { fault: 'see the alert' }) })}
        <button type="submit">Set the password</button>
      </form>
    `,
  );
}

/** Asked for twice, as nobody sees what they type. The address is there for the password manager, which saves it along. */
export function newPasswordFields(email: string, { fault, focus }: Pick<Field, 'fault' | 'focus'>): Html {
  const shared = {
    type: 'password',
    autocomplete: 'new-password',
    maxLength: MAX_PASSWORD_LENGTH,
    fault,
  } as const;
  return html`
    <input
      class="unseen"
      type="email"
      autocomplete="username"
      value="${email}"
      tabindex="-1"
      aria-hidden="true"
      readonly
    />
    ${field({ ...shared, name: 'password', label: 'New password', hint: PASSWORD_RULES, ...(focus && { focus }) })}
    ${field({ ...shared, name: 'again', label: 'New password, again' })}
  `;
}

/** What has been done by a link, and the way on. */
export function donePage(title: string, interactionUid: string | undefined): string {
  const login = interactionUid === undefined ? '/account' : `/interaction/${interactionUid}`;
  return page(title, html`<p><a class="button" href="${login}">Log in</a></p>`);
}
