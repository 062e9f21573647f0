import type { Client, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { html, type Html } from '../pages/html.js';
import { errorPage, page } from '../pages/page.js';

const HIDDEN_FIELD = /name="xsrf" value="([0-9a-f]+)"/;

/** What the person can do about an error; the names are oidc-provider's (lib/helpers/re_render_errors.js). */
const PROBLEMS: Readonly<Record<string, string>> = {
  NoCodeError: 'Enter the code that your device shows.',
  NotFoundError: 'No device waits with this code. Check it and try again.',
  ExpiredError: 'This code has expired. Get a new one on your device.',
  AlreadyUsedError: 'This code has been used. Get a new one on your device.',
  AbortedError: 'The device was not connected.',
  TooManyFailures: 'There were too many wrong codes. Wait a minute and try again.',
};

/** Asks for the code. `form` is oidc-provider's markup, of which only the token against forgery is taken. */
export function renderDevicePage(
  ctx: KoaContextWithOIDC,
  form: string,
  _out?: ErrorOut,
  error?: Error,
): void {
  ctx.type = 'html';
  if (error !== undefined && !hasStoredSession(ctx)) {
    ctx.body = errorPage('This form was opened in another browser, or has expired. Open the page again.');
    return;
  }
  ctx.body = page(
    'Connect a device',
    html`
      ${problem(error)}
      <form method="post" action="${ctx.oidc.urlFor('code_verification')}">
        <input type="hidden" name="xsrf" value="${forgeryToken(form)}" />
        <label for="user_code">Code on your device</label>
        <input
          id="user_code"
          name="user_code"
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          autofocus
          ${error === undefined ? undefined : html`aria-invalid="true" aria-describedby="problem"`}
        />
        <button type="submit">Continue</button>
      </form>
    `,
  );
}

/** Names who would get access, and warns of a code that somebody else sent (RFC 8628 §5.4). */
export function renderConfirmPage(
  ctx: KoaContextWithOIDC,
  form: string,
  client: Client,
  _deviceInfo: unknown,
  userCode: string,
): void {
  const hidden = html`
    <input type="hidden" name="xsrf" value="${forgeryToken(form)}" />
    <input type="hidden" name="user_code" value="${userCode}" />
  `;
  const action = ctx.oidc.urlFor('code_verification');
  ctx.type = 'html';
  ctx.body = page(
    'Is this your device?',
    html`
      <p>
        <strong>${client.clientName ?? client.clientId}</strong> on a device asks for access to your account.
        The device shows this code:
      </p>
      <p><strong>${userCode}</strong></p>
      <p>
        Continue only if you see this code on a device in front of you. If somebody sent it to you, by e-mail,
        by message or by phone, they want to get into your account.
      </p>
      <form method="post" action="${action}">
        ${hidden}
        <button type="submit" name="confirm" value="yes">Continue</button>
      </form>
      <form method="post" action="${action}">
        ${hidden}
        <button type="submit" name="abort" value="yes" class="secondary">Cancel</button>
      </form>
    `,
  );
}

export function renderDeviceSuccessPage(ctx: KoaContextWithOIDC): void {
  ctx.type = 'html';
  ctx.body = page('The device is connected', html`<p>You can close this page and go on there.</p>`);
}

/**
 * A form works within the session that holds its token. oidc-provider begins one for the form that it shows with an
 * error, too late to store it, and fails when it tries: such a session is let go.
 */
function hasStoredSession({ oidc }: KoaContextWithOIDC): boolean {
  const { session } = oidc;
  if (session === undefined || session.exp !== undefined) return session !== undefined;
  Reflect.set(session, 'touched', false);
  return false;
}

function problem(error: Error | undefined): Html | undefined {
  if (error === undefined) return undefined;
  const text = PROBLEMS[error.constructor.name] ?? 'This did not work. Get a new code on your device.';
  return html`<p role="alert" id="problem">${text}</p>`;
}

function forgeryToken(form: string): string {
  return HIDDEN_FIELD.exec(form)?.[1] ?? '';
}
