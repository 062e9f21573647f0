import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { Html, html } from '../pages/html.js';
import { page } from '../pages/page.js';

/** The error as registered (RFC 6749 §4.1.2.1), for the developer of the client; nothing of what caused it. */
export function renderErrorPage(ctx: KoaContextWithOIDC, out: ErrorOut): void {
  ctx.type = 'html';
  const error = out.error_description ? `${out.error}: ${out.error_description}` : out.error;
  const content = html`
    <p role="alert">
      The application asked for something that cannot be answered. Go back to it and try again.
    </p>
    <p class="hint">For who made the application: ${error}</p>
  `;
  ctx.body = page('That did not work', content);
}

/** `form` is oidc-provider's own markup, with a token against forgery in it. */
export function renderLogoutPage(ctx: KoaContextWithOIDC, form: string): void {
  const buttons = html`
    <p>You can log out here and in every application that you entered with this login.</p>
    ${new Html(form)}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
    <button type="submit" form="op.logoutForm" class="secondary">Stay logged in</button>
  `;
  ctx.body = page('Log out?', buttons);
}

export function renderLoggedOutPage(ctx: KoaContextWithOIDC): void {
  ctx.type = 'html';
  ctx.body = page('You are logged out', html`<p>You can close this page.</p>`);
}
