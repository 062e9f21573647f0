import { Provider } from 'oidc-provider';

type Session = InstanceType<Provider['Session']>;
type LoginDetails = Parameters<Session['loginAccount']>[0];

/** Member of a session, and of what a login comes to: which of the account's passwords was given. */
export const CREDENTIALS_VERSION = 'credentialsVersion';

/** A session counts for as long as the account has the password that it was opened with: `SessionStore`. */
export function bindToCredentials(session: Session, version: unknown): void {
  Reflect.set(session, CREDENTIALS_VERSION, version);
}

/**
 * Carries the version from the login page into the session. Between the two lies the hashing of the password, which
 * may wait: a login with the old password that is under way while the password changes would outlive the change.
 */
export function bindLoginsToCredentials({ Session }: Provider): void {
  const members: unknown = Reflect.get(Session, 'IN_PAYLOAD');
  if (!Array.isArray(members)) throw new TypeError('oidc-provider names the members of a session otherwise');
  Reflect.defineProperty(Session, 'IN_PAYLOAD', { value: [...members, CREDENTIALS_VERSION] });
  const prototype: { loginAccount: (this: Session, details: LoginDetails) => void } = Session.prototype;
  const { loginAccount } = prototype;
  prototype.loginAccount = function (details) {
    loginAccount.call(this, details);
    const { result } = Provider.ctx?.oidc.entities.Interaction ?? {};
    bindToCredentials(this, result?.login?.[CREDENTIALS_VERSION]);
  };
}
