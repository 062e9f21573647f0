import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';

const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so'];

/** A software HSM (softhsm2) with one token, in a folder of its own. */
export class SoftHsm {
  readonly label = 'countersign';
  readonly pin = '271828';
  readonly module: string;
  private readonly folder: string;
  private readonly tokens: string;

  private constructor(module: string, folder: string) {
    this.module = module;
    this.folder = folder;
    this.tokens = join(folder, 'tokens');
  }

  /** @returns undefined, and says so, where softhsm2 is not installed */
  static create(): SoftHsm | undefined {
    const module = MODULES.find((file) => existsSync(file));
    if (module === undefined || spawnSync('softhsm2-util', ['--version']).error !== undefined) {
      process.stderr.write(
        'SKIPPED: softhsm2 is not installed (apt-get install softhsm2): no key in an HSM is tested\n',
      );
      return undefined;
    }
    const hsm = new SoftHsm(module, mkdtempSync(join(tmpdir(), 'countersign-hsm-')));
    hsm.initialize();
    return hsm;
  }

  /** What a process needs in its environment to find the token. */
  get environment(): Readonly<Record<string, string>> {
    return { SOFTHSM2_CONF: join(this.folder, 'softhsm2.conf') };
  }

  /** Lets this process find the token: its real environment, of which Jest gives a test a copy. */
  async enter(): Promise<void> {
    const assignment = `Object.assign(process.env, ${JSON.stringify(this.environment)})`;
    await once(new Worker(assignment, { eval: true, env: SHARE_ENV }), 'exit');
  }

  /** The token is pulled out, its keys with it. */
  unplug(): void {
    renameSync(this.tokens, `${this.tokens}.away`);
    mkdirSync(this.tokens);
  }

  plugIn(): void {
    rmSync(this.tokens, { recursive: true });
    renameSync(`${this.tokens}.away`, this.tokens);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private initialize(): void {
    mkdirSync(this.tokens);
    writeFileSync(
      join(this.folder, 'softhsm2.conf'),
      `directories.tokendir = ${this.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    const options = [
      '--init-token',
      '--free',
      '--label',
      this.label,
      '--pin',
      this.pin,
      '--so-pin',
      '314159',
    ];
    execFileSync('softhsm2-util', options, { env: { ...process.env, ...this.environment }, stdio: 'ignore' });
  }
}
