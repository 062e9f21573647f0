import { applicationErrors, type ApplicationErrorCode } from '@countersign/contracts';
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

/** Lists in OpenAPI what a route refuses on purpose, each code under the status that the table of errors gives it. */
export function ApiRefusals(...codes: readonly ApplicationErrorCode[]): MethodDecorator {
  return applyDecorators(
    ...codes.map((code) => ApiResponse({ status: applicationErrors[code], description: `\`${code}\`` })),
  );
}
