import { TestStack } from './test-stack.ts';

declare global {
  var countersignStack: TestStack | undefined;
}

/** Starts one stack for all black-box suites, unless `API` and `ISSUER` name one that runs already. */
export default async function setUp(): Promise<void> {
  if (process.env['API'] !== undefined && process.env['ISSUER'] !== undefined) return;
  const stack = await TestStack.prepare();
  await stack.start();
  process.env['API'] = stack.api;
  process.env['ISSUER'] = stack.issuer;
  process.env['DATA_DIR'] = stack.dataDir;
  globalThis.countersignStack = stack;
}
