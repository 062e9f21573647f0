export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON. */
  readonly body: unknown;
}

/** Calls the API with one access token, or with none. */
export class ApiClient {
  private readonly origin: string;
  private readonly accessToken: string | undefined;

  constructor(origin: string, accessToken?: string) {
    this.origin = origin;
    this.accessToken = accessToken;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(path, { headers });
  }

  post(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    if (body === undefined) return this.send(path, { method: 'POST', headers });
    const json = { ...headers, 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers: json, body: JSON.stringify(body) });
  }

  /** Sends a body as it is. */
  async send(path: string, request: RequestInit): Promise<Answer> {
    const headers = new Headers(request.headers);
    if (this.accessToken !== undefined) headers.set('authorization', `Bearer ${this.accessToken}`);
    const response = await fetch(`${this.origin}${path}`, { ...request, headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}
