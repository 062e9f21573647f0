import type { ProofDeviation, ProofForge } from '@countersign/auth/testing';

export interface DpopRequest {
  /** Where the request goes to, if not where the proof says. */
  readonly at?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the API with a token that is bound to its key. It keeps the newest nonce that it was told. */
export class DpopClient {
  readonly forge: ProofForge;
  readonly token: string;
  nonce: string | undefined;
  private readonly api: string;

  constructor(forge: ProofForge, token: string, api: string, nonce?: string) {
    this.forge = forge;
    this.token = token;
    this.api = api;
    this.nonce = nonce;
  }

  proof({ path = '/me' }: DpopRequest = {}, deviation: ProofDeviation = {}): string {
    const request = { method: 'GET', uri: `${this.api}${path}`, accessToken: this.token, nonce: this.nonce };
    return this.forge.proof(request, deviation);
  }

  async send(
    proof: string,
    { at = this.api, path = '/me', headers = {} }: DpopRequest = {},
  ): Promise<Response> {
    const credentials = { authorization: `DPoP ${this.token}`, dpop: proof };
    const response = await fetch(`${at}${path}`, { headers: { ...credentials, ...headers } });
    this.nonce = response.headers.get('dpop-nonce') ?? this.nonce;
    return response;
  }

  /** Sends a request with a proof for it. */
  call(request: DpopRequest = {}): Promise<Response> {
    return this.send(this.proof(request), request);
  }
}
