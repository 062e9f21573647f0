import { ApiClient } from './api-client.ts';
import { DemoWebClient } from './demo-web-client.ts';
import { serviceToken } from './token-endpoint.ts';

/** A caller of the demo, by the name of its account; `service` is demo-service, which has no account. */
export type CallerName = 'customer' | 'customer2' | 'merchant' | 'admin' | 'service';

export type Callers = Readonly<Record<CallerName, ApiClient>>;

/** Everyone who can call the demo's API, logged in. */
export async function logEveryoneIn(issuer: string, api: string): Promise<Callers> {
  const web = new DemoWebClient(issuer);
  const logIn = async (name: string): Promise<ApiClient> =>
    new ApiClient(api, (await web.logIn(`${name}@example.com`)).access_token);
  const [customer, customer2, merchant, admin] = await Promise.all([
    logIn('customer'),
    logIn('customer2'),
    logIn('merchant'),
    logIn('admin'),
  ]);
  return { customer, customer2, merchant, admin, service: new ApiClient(api, await serviceToken(issuer)) };
}
