import { callbackify } from 'node:util';
import type { Strategy } from 'passport-jwt';
import { PreparedToken } from './access-tokens.js';

type Done = (error: unknown, result?: unknown) => void;
type JwtVerifier = (token: string, key: unknown, options: unknown, done: Done) => void;

/**
 * Puts our verification behind passport-jwt's `JwtVerifier`, which it calls with whatever its key provider gave.
 *
 * That property is one for the whole process, so only keys of our own provider take our way; other strategies of
 * the same process go on with the stock verifier. Should anything put the stock one back, it refuses our keys.
 */
export function installVerifier(strategy: typeof Strategy): void {
  const passportJwt = strategy as typeof Strategy & { JwtVerifier: JwtVerifier };
  const stockVerifier = passportJwt.JwtVerifier;
  passportJwt.JwtVerifier = (token, key, options, done) => {
    if (!(key instanceof PreparedToken)) {
      stockVerifier(token, key, options, done);
      return;
    }
    callbackify(() => key.verify())(done);
  };
}
