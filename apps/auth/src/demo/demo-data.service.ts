import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigurationError } from '@countersign/platform';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { ClientsRepository } from '../clients/clients.repository.js';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from './demo-accounts.js';
import { loadOrCreateDemoBackendKey } from './demo-backend-key.js';
import { demoClients } from './demo-clients.js';

export class DemoSettings {
  constructor(
    readonly isDemo: boolean,
    readonly audience: string,
    readonly dataDir: string,
  ) {}
}

/** The demo's accounts and clients: in the database when `DEMO=true`, and a reason not to start when it is not. */
@Injectable()
export class DemoDataService implements OnModuleInit {
  constructor(
    private readonly settings: DemoSettings,
    private readonly accounts: AccountsRepository,
    private readonly passwordHasher: PasswordHasher,
    private readonly clients: ClientsRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    await (this.settings.isDemo ? this.seed() : this.assertAbsent());
  }

  private async seed(): Promise<void> {
    for (const account of DEMO_ACCOUNTS) {
      if (await this.accounts.exists(account.id)) continue;
      await this.accounts.add({ account, passwordHash: await this.passwordHasher.hash(DEMO_PASSWORD) });
    }
    const { audience, dataDir } = this.settings;
    const backendKeys = [await loadOrCreateDemoBackendKey(dataDir)];
    for (const { registration, secret } of demoClients({ audience, backendKeys })) {
      await this.clients.save(registration, secret);
    }
  }

  /** Their passwords and secrets are published: a database that was once a demo's would let anyone in. */
  private async assertAbsent(): Promise<void> {
    const faults: string[] = [];
    for (const { id, email } of DEMO_ACCOUNTS) {
      if (await this.accounts.exists(id)) faults.push(`the database holds the demo account ${email}`);
    }
    for (const { registration } of demoClients({ audience: this.settings.audience, backendKeys: [] })) {
      const { client_id } = registration;
      if (await this.clients.findRow(client_id))
        faults.push(`the database holds the demo client ${client_id}`);
    }
    if (faults.length > 0)
      throw new ConfigurationError([...faults, 'start it with DEMO=true, or use another database']);
  }
}
