import { interactionPolicy } from 'oidc-provider';
import { isLoopbackRedirectUri } from '../clients/redirect-uri.js';

const { Check, base } = interactionPolicy;

/**
 * When a person has to log in or to consent: oidc-provider's rules and one more. Any program on a machine can listen on
 * a loopback port and take the `client_id` of another, so that no authorization response goes there without a person
 * who said yes to this very request (RFC 8252 §8.6).
 */
export function interactionPolicyOfIssuer(): ReturnType<typeof base> {
  const policy = base();
  policy
    .get('consent')
    ?.checks.add(
      new Check(
        'loopback_redirect_uri',
        'a response to a loopback address needs consent',
        'interaction_required',
        ({ oidc }) =>
          oidc.result?.consent === undefined && isLoopbackRedirectUri(String(oidc.params?.['redirect_uri'])),
      ),
    );
  return policy;
}
