import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeEmbeddedTemplate } from '@countersign/platform/database';

// Made once for each version of PGlite: a template of another version might not open.
const root = join(import.meta.dirname, '..');
const marker = join(root, 'libs', 'platform', 'dist', 'pglite-template.version');
const manifest = readFileSync(join(root, 'node_modules', '@electric-sql', 'pglite', 'package.json'), 'utf8');
const { version } = JSON.parse(manifest) as { readonly version: string };

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== version) {
  await writeEmbeddedTemplate();
  writeFileSync(marker, version);
}
