import { parentPort, workerData } from 'node:worker_threads';
import type { JWK } from 'jose';
import * as pkcs11 from './cryptoki.ts';
import { loadCryptoki, type Attribute, type Cryptoki, type Handle } from './cryptoki.ts';
import { KEY_KINDS } from './key-kinds.ts';
import {
  FAULTS,
  OPENED,
  type KeyReference,
  type SessionAnswer,
  type SessionCall,
  type SessionRequest,
  type SessionResults,
  type SessionSettings,
} from './session-protocol.ts';

/**
 * A thread with one session of a token. Calls of PKCS #11 block, and those of an HSM that went away block for long:
 * here they hold up one signature, and not the event loop.
 */
const settings = workerData as SessionSettings;
const handles = new Map<string, Handle>();

class Fault extends Error {}

function load(): Cryptoki {
  try {
    return loadCryptoki(settings.module);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    throw new Fault(isMissing ? FAULTS.packageMissing : FAULTS.moduleNotLoaded, { cause: error });
  }
}

function openSession(cryptoki: Cryptoki): Handle {
  if (settings.initialize === 'first') {
    unless('CKR_CRYPTOKI_NOT_INITIALIZED', () => cryptoki.C_Finalize());
    cryptoki.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  }
  const slot = cryptoki
    .C_GetSlotList(true)
    .find((candidate) => cryptoki.C_GetTokenInfo(candidate).label.trimEnd() === settings.label);
  if (slot === undefined) throw new Fault(FAULTS.tokenNotPresent);
  const opened = cryptoki.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  // A login counts for all sessions of the process.
  unless('CKR_USER_ALREADY_LOGGED_IN', () => {
    cryptoki.C_Login(opened, pkcs11.CKU_USER, settings.pin);
  });
  return opened;
}

function unless(expected: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (codeOf(error) !== expected) throw error;
  }
}

/** Never the message as it came: it goes into logs. */
function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  return /CKR_\w+/.exec(String(error))?.[0] ?? 'CKR_GENERAL_ERROR';
}

/** The name of a key says its algorithm: a row that names another one finds no key. */
const labelOf = ({ alg }: KeyReference): string => `countersign ${alg}`;

/** More than there can be of one key. */
const MAX_FOUND = 8;

function find(template: readonly Attribute[]): Handle[] {
  token.C_FindObjectsInit(session, template);
  try {
    return token.C_FindObjects(session, MAX_FOUND);
  } finally {
    token.C_FindObjectsFinal(session);
  }
}

function findKey(key: KeyReference, objectClass: number): Handle {
  const [found, ...others] = find([
    { type: pkcs11.CKA_CLASS, value: objectClass },
    { type: pkcs11.CKA_ID, value: Buffer.from(key.id) },
    { type: pkcs11.CKA_LABEL, value: labelOf(key) },
  ]);
  if (found === undefined || others.length > 0) throw new Fault(FAULTS.keyNotFound);
  return found;
}

function privateKeyOf(key: KeyReference): Handle {
  const name = `${labelOf(key)} ${Buffer.from(key.id).toString('hex')}`;
  const handle = handles.get(name) ?? findKey(key, pkcs11.CKO_PRIVATE_KEY);
  handles.set(name, handle);
  return handle;
}

function generate(key: KeyReference): JWK {
  const kind = KEY_KINDS[key.alg];
  const common = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_ID, value: Buffer.from(key.id) },
    { type: pkcs11.CKA_LABEL, value: labelOf(key) },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
  ];
  const allowed = Buffer.alloc(8); // an array of one CK_ULONG
  allowed.writeBigUInt64LE(BigInt(kind.signing.mechanism));
  const pair = token.C_GenerateKeyPair(
    session,
    kind.generation,
    [
      ...common,
      ...kind.parameters,
      { type: pkcs11.CKA_PRIVATE, value: false },
      { type: pkcs11.CKA_VERIFY, value: true },
    ],
    [
      ...common,
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_SIGN, value: true },
      // One key, one algorithm (RFC 8725 §3.1), held by the token itself.
      { type: pkcs11.CKA_ALLOWED_MECHANISMS, value: allowed },
    ],
  );
  return readJwk(key, pair.publicKey);
}

function readJwk({ alg }: KeyReference, publicKey: Handle): JWK {
  const kind = KEY_KINDS[alg];
  const attributes = kind.publicAttributes.map((type) => ({ type }));
  return kind.toJwk(token.C_GetAttributeValue(session, publicKey, attributes).map(({ value }) => value));
}

/** RSA with 4096 bits has 512. */
const MAX_SIGNATURE_BYTES = 512;

function sign(key: KeyReference, data: Uint8Array): Uint8Array {
  const kind = KEY_KINDS[key.alg];
  token.C_SignInit(session, kind.signing, privateKeyOf(key));
  return token.C_Sign(session, Buffer.from(kind.digest(data)), Buffer.alloc(MAX_SIGNATURE_BYTES));
}

/** Both halves; four objects when a call that was given up and its repetition have made a pair each. */
function destroy(id: Uint8Array): undefined {
  for (const object of find([{ type: pkcs11.CKA_ID, value: Buffer.from(id) }])) {
    token.C_DestroyObject(session, object);
  }
  handles.clear();
}

function perform(request: SessionRequest): SessionResults[SessionRequest['operation']] {
  switch (request.operation) {
    case 'generate':
      return generate(request.key);
    case 'readPublicKey':
      return readJwk(request.key, findKey(request.key, pkcs11.CKO_PUBLIC_KEY));
    case 'sign':
      return sign(request.key, request.data);
    default:
      return destroy(request.id);
  }
}

function answer({ id, request }: SessionCall): void {
  try {
    parentPort?.postMessage({ id, result: perform(request) } satisfies SessionAnswer);
  } catch (error) {
    parentPort?.postMessage({ id, fault: codeOf(error) } satisfies SessionAnswer);
  }
}

let token: Cryptoki;
let session: Handle;
try {
  token = load();
  session = openSession(token);
  parentPort?.on('message', answer);
  parentPort?.postMessage({ id: OPENED, result: undefined } satisfies SessionAnswer);
} catch (error) {
  parentPort?.postMessage({ id: OPENED, fault: codeOf(error) } satisfies SessionAnswer);
}
