import { loginFields, type LoginFields } from '../login/login-fields.js';
import { alert } from '../pages/field.js';
import { html } from '../pages/html.js';
import { page } from '../pages/page.js';
import type { SelfService } from '../registration/self-service.js';
import { selfServiceLinks } from '../registration/self-service-links.js';

export interface LoginPage extends LoginFields {
  readonly uid: string;
  readonly clientName: string;
  readonly selfService: SelfService;
}

export function loginPage({ uid, clientName, selfService, ...fields }: LoginPage): string {
  return page(
    'Log in',
    html`
      <p>to continue to <strong>${clientName}</strong></p>
      ${alert(fields.problem)}
      <form method="post" action="/interaction/${uid}/login">${loginFields(fields)}</form>
      <form method="post" action="/interaction/${uid}/abort">
        <button type="submit" class="secondary">Cancel</button>
      </form>
      ${selfServiceLinks(selfService, uid)}
    `,
  );
}
