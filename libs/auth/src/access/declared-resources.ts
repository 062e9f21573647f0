import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/internal';
import type { ModulesContainer, Reflector } from '@nestjs/core';
import { isPublic } from './access.js';
import { declaredHandlers } from './declared-access.js';

/** A part of an API that takes access tokens. */
export interface DeclaredResource {
  /** Path of its routes as the decorators have it, up to the first parameter; empty for the whole API. */
  readonly path: string;
  /** Scopes that one of these routes asks for. */
  readonly scopes: readonly string[];
}

/** The routes of an app that are not public, by their paths: what `@Access` enforces, told by the same declarations. */
export function declaredResources(
  modules: ModulesContainer,
  reflector: Reflector,
): readonly DeclaredResource[] {
  const scopesByPath = new Map<string, Set<string>>();
  for (const { controller, handler, rule } of declaredHandlers(modules, reflector)) {
    if (!Reflect.hasMetadata(METHOD_METADATA, handler) || rule === undefined || isPublic(rule)) continue;
    for (const path of routePaths(controller, handler)) {
      const scopes = scopesByPath.get(path) ?? new Set();
      for (const scope of rule.scopes) scopes.add(scope);
      scopesByPath.set(path, scopes);
    }
  }
  return [...scopesByPath].map(([path, scopes]) => ({ path, scopes: [...scopes].toSorted() }));
}

function routePaths(controller: object, handler: object): readonly string[] {
  return pathsOf(controller).flatMap((start) => pathsOf(handler).map((end) => fixedPath(`${start}/${end}`)));
}

function pathsOf(decorated: object): readonly string[] {
  const paths: string | readonly string[] = Reflect.getMetadata(PATH_METADATA, decorated) ?? '';
  return typeof paths === 'string' ? [paths] : paths;
}

/** `orders/:id/pay` is a part of `/orders`. */
function fixedPath(path: string): string {
  const segments = path.split('/').filter(Boolean);
  const end = segments.findIndex((segment) => /[:*{(]/.test(segment));
  return segments
    .slice(0, end === -1 ? undefined : end)
    .map((segment) => `/${segment}`)
    .join('');
}
