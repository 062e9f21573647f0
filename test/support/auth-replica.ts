import { z } from 'zod';
import { basic, serviceToken, tokenRequest } from './token-endpoint.ts';

const jwks = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const list = z.object({
  data: z.array(z.object({ kid: z.string(), alg: z.string(), state: z.string() })),
});
const changed = z.object({
  changes: z.array(z.object({ kid: z.string(), alg: z.string(), state: z.string() })),
  warning: z.string().nullable(),
});
const accessToken = z.object({ access_token: z.string() });
const problem = z.looseObject({ code: z.string() });

/** One replica of a demo issuer, asked at its own address. */
export class AuthReplica {
  private readonly issuer: string;
  private readonly address: string;

  constructor(issuer: string, address: string) {
    this.issuer = issuer;
    this.address = address;
  }

  /** An access token that this replica signed. */
  serviceToken(): Promise<string> {
    return serviceToken(this.address);
  }

  async publishedKids(): Promise<readonly string[]> {
    const response = await fetch(`${this.address}/.well-known/jwks.json`);
    return jwks.parse(await response.json()).keys.map(({ kid }) => kid);
  }

  async keys(): Promise<z.output<typeof list>> {
    return list.parse(await this.admin('GET', ''));
  }

  /** @throws Error whose message is the code of the refusal */
  async change(path: string, body: object): Promise<z.output<typeof changed>> {
    return changed.parse(await this.admin('POST', `/${path}`, body));
  }

  private async admin(method: string, path: string, body?: object): Promise<unknown> {
    const { body: token } = await tokenRequest(
      this.address,
      { grant_type: 'client_credentials', resource: `${this.issuer}/admin`, scope: 'keys:admin' },
      basic('countersign-admin', 'admin-demo-secret'),
    );
    const response = await fetch(`${this.address}/admin/keys${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken.parse(token).access_token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(problem.parse(answer).code);
    return answer;
  }
}
