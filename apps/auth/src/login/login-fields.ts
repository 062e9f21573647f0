import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { field } from '../pages/field.js';
import { html, type Html } from '../pages/html.js';
import { MAX_EMAIL_LENGTH } from '../accounts/person.js';

export interface LoginFields {
  /** Address to fill in: what was typed before, or the client's `login_hint`. */
  readonly email: string | undefined;
  readonly problem: string | undefined;
}

export function loginFields({ email, problem }: LoginFields): Html {
  const fault = problem === undefined ? undefined : 'see the alert';
  return html`
    ${field({
      name: 'email',
      label: 'E-mail address',
      type: 'email',
      autocomplete: 'username',
      maxLength: MAX_EMAIL_LENGTH,
      value: email,
      fault,
      ...(email === undefined && { focus: 'first' }),
    })}
    ${field({
      name: 'password',
      label: 'Password',
      type: 'password',
      autocomplete: 'current-password',
      maxLength: MAX_PASSWORD_LENGTH,
      fault,
      ...(email !== undefined && { focus: 'first' }),
    })}
    <button type="submit">Log in</button>
  `;
}
