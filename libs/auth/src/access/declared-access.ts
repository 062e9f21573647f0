import type { INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/internal';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import { ACCESS_RULE, isPublic, type AccessRule } from './access.js';

type Handler = (...args: readonly never[]) => unknown;

export interface DeclaredHandler {
  readonly name: string;
  readonly controller: object;
  readonly handler: Handler;
  readonly rule: AccessRule | undefined;
}

/**
 * Refuses to start an app in which a handler does not say who may call it, or says it in a way that does not hold
 * on its transport. The guards refuse such a handler too; this makes it known before the first request.
 *
 * @throws TypeError that lists every such handler
 */
export function assertEveryHandlerDeclaresAccess(app: INestApplicationContext): void {
  const handlers = declaredHandlers(app.get(ModulesContainer, { strict: false }), app.get(Reflector));
  const faults = [...handlers].flatMap(({ name, handler, rule }) => {
    const fault = faultOf(handler, rule);
    return fault === undefined ? [] : [`${name} ${fault}`];
  });
  if (faults.length > 0) {
    throw new TypeError(`handlers without a valid @Access declaration:\n${faults.join('\n')}`);
  }
}

/** Every method of every controller, with what it declares. Not all of them are handlers. */
export function* declaredHandlers(
  modules: ModulesContainer,
  reflector: Reflector,
): Generator<DeclaredHandler> {
  const scanner = new MetadataScanner();
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      for (const method of scanner.getAllMethodNames(metatype.prototype)) {
        const handler: Handler = metatype.prototype[method];
        const rule = reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [handler, metatype]);
        yield { name: `${metatype.name}#${method}`, controller: metatype, handler, rule };
      }
    }
  }
}

function faultOf(handler: Handler, rule: AccessRule | undefined): string | undefined {
  const isRoute = Reflect.hasMetadata(METHOD_METADATA, handler);
  const isMessage = Reflect.hasMetadata(PATTERN_METADATA, handler);
  if (!isRoute && !isMessage) return undefined;
  if (rule === undefined) return 'has none';
  if (isMessage && isPublic(rule)) return 'is public, which a message handler cannot be';
  if (isMessage && !isPublic(rule) && rule.from === undefined)
    return 'does not say which workloads may call it';
  if (isRoute && !isPublic(rule) && rule.from !== undefined)
    return 'names workloads, which do not call routes';
  return undefined;
}
