import type { RingKey } from './key-ring.js';
import type { NewKey } from './private-key-store.js';

/** A key of the ring together with what signs. */
export interface SigningKey extends RingKey, NewKey {}
