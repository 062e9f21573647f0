/** One swc setting for every project: the decorators and metadata that tsc emits, and ESM out. */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'es6' },
    },
  ],
};

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // jwks-rsa is CommonJS and requires jose, which is ESM: jose has to be loaded before it, or Jest sees a cycle.
  setupFiles: ['<rootDir>/test/support/load-jose-first.ts'],
};

/**
 * Run by `npm run jest`: ESM needs `--experimental-vm-modules`; `--no-wasm-code-gc` keeps V8 from aborting a worker that
 * opens many embedded databases (libs/platform/src/database/embedded-database.ts).
 *
 * @type {import('jest').Config}
 */
export default {
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs}/*/src/**/*.spec.ts'] },
    {
      // Black box over one running stack: started here, or named by API and ISSUER.
      ...shared,
      displayName: 'api',
      testMatch: ['<rootDir>/test/api/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      // Relying parties of others, unmodified, over one running stack.
      ...shared,
      displayName: 'relying-parties',
      testMatch: ['<rootDir>/test/relying-parties/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      // The same stack, seen through a real browser.
      ...shared,
      displayName: 'browser',
      testMatch: ['<rootDir>/test/browser/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      // Black box over processes that each suite starts, breaks and stops.
      ...shared,
      displayName: 'processes',
      testMatch: ['<rootDir>/test/processes/*.e2e-spec.ts'],
    },
  ],
};
