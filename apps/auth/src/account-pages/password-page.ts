import { MAX_PASSWORD_LENGTH } from '../accounts/password-rules.js';
import { alert, field } from '../pages/field.js';
import { html } from '../pages/html.js';
import { page } from '../pages/page.js';
import { newPasswordFields } from '../registration/registration-pages.js';

export interface PasswordProblem {
  readonly text: string;
  readonly at: 'the current password' | 'the new password';
}

export interface ChangePasswordPage {
  readonly email: string;
  readonly problem: PasswordProblem | undefined;
}

export function changePasswordPage({ email, problem }: ChangePasswordPage): string {
  return page(
    'Change the password',
    html`
      <p>You stay logged in here, and are logged out everywhere else.</p>
      ${alert(problem?.text)}
      <form method="post" action="/account/password">
        ${field({
          name: 'current',
          label: 'Current password',
          type: 'password',
          autocomplete: 'current-password',
          maxLength: MAX_PASSWORD_LENGTH,
          focus: 'first',
          fault: problem?.at === 'the current password' ? 'see the alert' : undefined,
        })}
        ${newPasswordFields(email, {
          ...(problem?.at === 'the new password' && { fault: 'see the alert' }),
        })}
        <button type="submit">Change the password</button>
      </form>
      <p><a href="/account">Back to your account</a></p>
    `,
  );
}
