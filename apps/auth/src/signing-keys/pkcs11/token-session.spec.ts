import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { FAULTS, OPENED, type SessionRequest } from './session-protocol.js';
import { TokenFault, TokenSession } from './token-session.js';

const CALL_TIMEOUT_MS = 100;
/** Longer than a call waits, shorter than two. */
const LATE_MS = 150;

/** A thread whose token signs data with the same data, the first time late: it is in that call for so long. */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  let calls = 0;
  parentPort.on('message', ({ id, request }) => {
    if (++calls === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${LATE_MS});
    parentPort.postMessage({ id, result: request.data });
  });
  parentPort.postMessage({ id: ${OPENED}, result: undefined });
`;

function signing(data: string): Extract<SessionRequest, { operation: 'sign' }> {
  return { operation: 'sign', key: { id: new Uint8Array(1), alg: 'ES256' }, data: Buffer.from(data) };
}

describe('a session of a PKCS #11 token', () => {
  it('never answers a call with the signature of an earlier one that it gave up', async () => {
    const session = await TokenSession.over(new Worker(THREAD, { eval: true }), CALL_TIMEOUT_MS);
    try {
      await expect(session.call(signing('first'))).rejects.toEqual(new TokenFault(FAULTS.timeout));
      expect(Buffer.from(await session.call(signing('second'))).toString()).toBe('second');
    } finally {
      await session.close();
    }
  });
});
