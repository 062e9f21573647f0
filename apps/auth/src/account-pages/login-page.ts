import { loginFields, type LoginFields } from '../login/login-fields.js';
import { alert } from '../pages/field.js';
import { html } from '../pages/html.js';
import { page } from '../pages/page.js';
import type { SelfService } from '../registration/self-service.js';
import { selfServiceLinks } from '../registration/self-service-links.js';

export interface AccountLoginPage extends LoginFields {
  readonly selfService: SelfService;
  readonly notice: string | undefined;
}

export function accountLoginPage({ selfService, notice, ...fields }: AccountLoginPage): string {
  return page(
    'Log in',
    html`
      ${notice === undefined ? undefined : html`<p role="status">${notice}</p>`}
      <p>to see your account</p>
      ${alert(fields.problem)}
      <form method="post" action="/account/login">${loginFields(fields)}</form>
      ${selfServiceLinks(selfService, undefined)}
    `,
  );
}
