import { html } from '../pages/html.js';
import { page } from '../pages/page.js';

export interface LoginPage {
  readonly uid: string;
  readonly clientName: string;
  /** Address to fill in: what was typed before, or the client's `login_hint`. */
  readonly email?: string | undefined;
  readonly problem?: string;
}

export function loginPage({ uid, clientName, email, problem }: LoginPage): string {
  return page(
    'Log in',
    html`
      <p>to continue to <strong>${clientName}</strong></p>
      ${problem === undefined ? undefined : html`<p role="alert" id="problem">${problem}</p>`}
      <form method="post" action="/interaction/${uid}/login">
        <label for="email">E-mail address</label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          required
          value="${email}"
          ${email === undefined ? html`autofocus` : undefined}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${email === undefined ? undefined : html`autofocus`}
        />
        <button type="submit">Log in</button>
      </form>
      <form method="post" action="/interaction/${uid}/abort">
        <button type="submit" class="secondary">Cancel</button>
      </form>
    `,
  );
}
