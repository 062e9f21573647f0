import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';

/** The provider that answers now. A rotation of keys replaces it between two requests; those under way end with theirs. */
export class CurrentProvider {
  private provider: Provider;
  private callback: ReturnType<Provider['callback']>;

  constructor(provider: Provider) {
    this.provider = provider;
    this.callback = provider.callback();
  }

  get current(): Provider {
    return this.provider;
  }

  replace(provider: Provider): void {
    this.provider = provider;
    this.callback = provider.callback();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.callback(request, response);
  }
}
