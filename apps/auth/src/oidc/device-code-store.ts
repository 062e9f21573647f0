import { and, eq } from 'drizzle-orm';
import { Provider, type AdapterPayload } from 'oidc-provider';
import { ArtefactStore, toPayload } from './artefact-store.js';
import { artefacts } from './artefacts.table.js';

/** Begins what stands for a handle that is not known; no handle of ours has a colon. */
const REFERENCE = 'row:';

/**
 * Device codes, which two parties find: the device by the handle that it alone has, and the person, by the user code,
 * without it. oidc-provider keeps a handle in the interaction of the person and saves the code under it again; it is
 * given a reference to the row instead, which a dump of the database shows, and which is therefore no handle for a
 * client to present.
 */
export class DeviceCodeStore extends ArtefactStore {
  override async find(handle: string): Promise<AdapterPayload | undefined> {
    const isOfPerson = Provider.ctx?.oidc.route === 'device_resume';
    return isReference(handle) && !isOfPerson ? undefined : super.find(handle);
  }

  override async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const [row] = await this.orm
      .select({ id: artefacts.id, payload: artefacts.payload, consumedAt: artefacts.consumedAt })
      .from(artefacts)
      .where(and(eq(artefacts.model, this.model), eq(artefacts.userCode, userCode)));
    const payload = toPayload(row);
    return row && payload && { ...payload, jti: `${REFERENCE}${row.id}` };
  }

  protected override idOf(handle: string): string {
    return isReference(handle) ? handle.slice(REFERENCE.length) : super.idOf(handle);
  }
}

function isReference(handle: string): boolean {
  return handle.startsWith(REFERENCE);
}
