import { Access } from '@countersign/auth';
import { DatabaseFaultInterceptor } from '@countersign/platform/database';
import {
  applyDecorators,
  Controller,
  StandardSchemaValidationPipe,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { AdminAuditInterceptor } from './admin-audit.interceptor.js';
import { AdminStandingInterceptor } from './admin-standing.interceptor.js';
import { NoStoreInterceptor } from './no-store.interceptor.js';
import type { AdminScope } from './admin-scopes.js';

/**
 * A controller of the admin API, at `/admin/<path>`. Its callers need both: the scope, which says what the client may
 * do, and the role admin, which says who the subject is. Either alone is refused: a customer in an administrator's
 * client, and an administrator in a customer's. Both have to hold now, not only when the token was issued.
 */
export function AdminController(path: string, scope: AdminScope): ClassDecorator {
  return applyDecorators(
    Controller(`admin/${path}`),
    Access({ scopes: [scope], roles: ['admin'] }),
    UsePipes(StandardSchemaValidationPipe),
    UseInterceptors(
      NoStoreInterceptor,
      DatabaseFaultInterceptor,
      AdminStandingInterceptor,
      AdminAuditInterceptor,
    ),
  );
}
