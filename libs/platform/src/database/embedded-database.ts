import { existsSync, openAsBlob, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { PGlite } from '@electric-sql/pglite';

/** An initialised, empty data folder, made by `npm run build`. Initialising one takes seconds, unpacking it does not. */
const TEMPLATE = join(import.meta.dirname, '..', 'pglite-template.tar');

/** Opens the embedded database in a folder; on first start it is made aside, so that a kill leaves no half of one. */
export async function openEmbeddedDatabase(folder: string): Promise<PGlite> {
  keepWebAssemblyCode();
  if (!existsSync(folder)) {
    const aside = `${folder}.new`;
    rmSync(aside, { recursive: true, force: true });
    const template = existsSync(TEMPLATE) ? await openAsBlob(TEMPLATE) : undefined;
    const fresh = await PGlite.create(aside, template && { loadDataDir: template });
    await fresh.close();
    renameSync(aside, folder);
  }
  return PGlite.create(folder);
}

/** Writes the template that `openEmbeddedDatabase` starts from. */
export async function writeEmbeddedTemplate(): Promise<void> {
  keepWebAssemblyCode();
  const database = await PGlite.create();
  const dump = await database.dumpDataDir('none');
  await database.close();
  writeFileSync(TEMPLATE, Buffer.from(await dump.arrayBuffer()));
}

/**
 * V8 may free the compiled wrapper of a WebAssembly import twice, and then aborts the process ("Check failed:
 * jit_page_->allocations_.erase(addr) == 1", nodejs/node#64500). Without the collection of dead WebAssembly code
 * none is freed; the code that a tier-up replaces, a few MiB in all, stays.
 */
function keepWebAssemblyCode(): void {
  setFlagsFromString('--no-wasm-code-gc');
}
