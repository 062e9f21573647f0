import type { LoggerService } from '@nestjs/common';
import { pino, type Level, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { ConfigurationError } from './config/configuration-error.js';

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly name: string;
  readonly level: Level | 'silent';
  readonly format: 'pretty' | 'json';
}

/** Nest's logger interface on pino: one JSON object a line, or coloured text on a terminal. */
export class StructuredLogger implements LoggerService {
  private readonly pino: Logger;

  constructor({ name, level, format }: LoggerOptions) {
    const options = { name, level };
    this.pino =
      format === 'json'
        ? pino(options)
        : pino(options, PinoPretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', sync: true }));
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context last, and an error's stack before it. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    if (message instanceof ConfigurationError) return; // `runProcess` tells the operator, without a stack
    const context = rest.length > 0 ? String(rest.at(-1)) : undefined;
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (message instanceof Error) this.pino[level]({ context, err: message }, message.message);
    else if (typeof message === 'string') this.pino[level]({ context, stack }, message);
    else this.pino[level]({ context, ...asFields(message) });
  }
}

function asFields(message: unknown): object {
  return typeof message === 'object' && message !== null ? message : { msg: message };
}
