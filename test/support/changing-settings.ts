import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Settings that a restart finds changed: an app reads `NAME_FILE` before `NAME`. */
export class ChangingSettings {
  private readonly folder: string;

  /** @param folder that is there while the app runs */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Writes them down for the next start. @returns the environment that names the files */
  set(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(settings).map(([name, value]) => {
        const file = join(this.folder, name);
        writeFileSync(file, value);
        return [`${name}_FILE`, file];
      }),
    );
  }
}
