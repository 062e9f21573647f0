import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What one message is: its pattern, and the schemas of what goes there and of what comes back. */
export interface MessageContract<
  Request extends StandardSchemaV1 = StandardSchemaV1,
  Response extends StandardSchemaV1 = StandardSchemaV1,
> {
  readonly pattern: string;
  readonly request: Request;
  readonly response: Response;
}
