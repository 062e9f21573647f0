import { AdminApi, type AdminApiOptions } from '../../tools/admin-api.ts';

/** The admin API of a demo stack, as its operator calls it. */
export function adminOf(issuer: string, scope: AdminApiOptions['scope']): AdminApi {
  return AdminApi.fromEnvironment(scope, { ISSUER: issuer });
}
