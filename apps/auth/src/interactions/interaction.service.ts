import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type Provider from 'oidc-provider';
import type { VerifiedAccount } from '../accounts/account.js';
import { CurrentProvider } from '../oidc/current-provider.js';
import type { RawExchange } from '../pages/exchange.js';
import { authorizationParams } from './authorization-params.js';

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What the person decided, told to oidc-provider. `logIn`, `allow` and `deny` answer the URL at which it goes on. */
@Injectable()
export class InteractionService {
  constructor(private readonly provider: CurrentProvider) {}

  /**
   * The interaction of this browser.
   *
   * @throws NotFoundException when the address names another one.
   * @throws errors.SessionNotFound when it has expired or was never this browser's.
   */
  async find(uid: string, { request, response }: RawExchange): Promise<Interaction> {
    const interaction = await this.provider.current.interactionDetails(request, response);
    if (interaction.uid !== uid) throw new NotFoundException('This page is no longer in use.');
    return interaction;
  }

  /**
   * The interaction, if it waits for this decision: nobody can consent before the login.
   *
   * @throws ConflictException when it waits for another.
   */
  async findFor(prompt: 'login' | 'consent', uid: string, exchange: RawExchange): Promise<Interaction> {
    const interaction = await this.find(uid, exchange);
    if (interaction.prompt.name !== prompt) throw new ConflictException('This page is no longer in use.');
    return interaction;
  }

  /** The name that the client registered, or its id. */
  async clientName(clientId: string): Promise<string> {
    const client = await this.provider.current.Client.find(clientId);
    return client?.clientName ?? clientId;
  }

  /** `amr` as registered by RFC 8176: a password. */
  logIn({ id, credentialsVersion }: VerifiedAccount, { request, response }: RawExchange): Promise<string> {
    const login = { accountId: id, amr: ['pwd'], credentialsVersion };
    return this.provider.current.interactionResult(request, response, { login });
  }

  /** Grants what the interaction asks for, in addition to what was granted before. */
  async allow(interaction: Interaction, { request, response }: RawExchange): Promise<string> {
    const { Grant } = this.provider.current;
    const grant =
      (interaction.grantId === undefined ? undefined : await Grant.find(interaction.grantId)) ??
      new Grant({
        accountId: interaction.session?.accountId,
        clientId: authorizationParams(interaction).clientId,
      });
    const { scopes, resourceScopes } = missingScopes(interaction);
    if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
    for (const [resource, names] of Object.entries(resourceScopes)) {
      grant.addResourceScope(resource, names.join(' '));
    }
    return this.provider.current.interactionResult(request, response, {
      consent: { grantId: await grant.save() },
    });
  }

  deny({ request, response }: RawExchange): Promise<string> {
    return this.provider.current.interactionResult(request, response, {
      error: 'access_denied',
      error_description: 'the end-user did not allow it',
    });
  }
}

/** The scopes that are not granted yet, of OpenID Connect and of each resource server. */
function missingScopes({ prompt }: Interaction): {
  readonly scopes: readonly string[];
  readonly resourceScopes: Readonly<Record<string, readonly string[]>>;
} {
  // oidc-provider types these as unknown; its consent prompt sets them so (interaction_policy/prompts/consent.js).
  const details = prompt.details as {
    readonly missingOIDCScope?: readonly string[];
    readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
  };
  return { scopes: details.missingOIDCScope ?? [], resourceScopes: details.missingResourceScopes ?? {} };
}
