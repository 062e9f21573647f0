import { errors, type OIDCContext, type Provider } from 'oidc-provider';

const parameters = new WeakMap<OIDCContext, OIDCContext['params']>();

/**
 * Refuses a parameter with a NUL in it, at every endpoint and before anything is done with it. PostgreSQL has no such
 * text: a look-up by one, and a row with one, would be a fault of ours. What else is no text arrives as U+FFFD.
 */
export function refuseNul({ OIDCContext }: Provider): void {
  Object.defineProperty(OIDCContext.prototype, 'params', {
    configurable: true,
    get(this: OIDCContext) {
      return parameters.get(this);
    },
    set(this: OIDCContext, params: OIDCContext['params']) {
      for (const [name, value] of Object.entries(params ?? {})) {
        if ([value].flat().some((text) => typeof text === 'string' && text.includes('\0')))
          throw new errors.InvalidRequest(`${name} must not have a NUL`);
      }
      parameters.set(this, params);
    },
  });
}
