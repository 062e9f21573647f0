/** The boundaries that docs/architecture.md draws. */
const NEST = 'node_modules/@nestjs/';
const SPEC = String.raw`\.spec\.ts$`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'apps-are-apart',
      comment: 'Apps meet on the wire, through contracts; code of one is not code of another.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-by-their-name',
      comment: 'A lib is what its exports say; a path into it sees what is not promised.',
      severity: 'error',
      from: { path: '^(apps|test|tools)/' },
      to: { path: '^libs/[^/]+/src/' },
    },
    {
      name: 'libs-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|test|tools)/' },
    },
    {
      name: 'auth-stands-alone',
      comment: 'The library is for any Nest project; it must not bring ours along.',
      severity: 'error',
      from: { path: '^libs/auth/src/', pathNot: SPEC },
      to: { path: '^libs/(contracts|platform)/' },
    },
    {
      name: 'contracts-are-schemas',
      severity: 'error',
      from: { path: '^libs/contracts/src/', pathNot: SPEC },
      to: { path: 'node_modules/', pathNot: 'node_modules/zod/' },
    },
    {
      name: 'one-file-imports-jwks-rsa',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/auth/src/passport/jwks-source\\.ts$' },
      to: { path: 'node_modules/jwks-rsa/' },
    },
    {
      name: 'only-http-apps-pay-for-passport',
      comment: 'The main entry point of the library must not load what TCP workloads have no use for.',
      severity: 'error',
      from: { path: '^libs/auth/src/', pathNot: '^libs/auth/src/passport/' },
      to: { path: ['^libs/auth/src/passport/', 'node_modules/(passport|passport-jwt|@nestjs/passport)/'] },
    },
    {
      name: 'the-forge-is-for-tests',
      severity: 'error',
      from: { path: '^(apps/|libs/auth/src/(?!testing/))', pathNot: SPEC },
      to: { path: ['^libs/auth/src/testing/', '^libs/auth/dist/testing/'] },
    },
    {
      name: 'rules-without-a-framework',
      comment: 'What decides is readable and testable without Nest.',
      severity: 'error',
      from: {
        path: [
          '^libs/auth/src/(jose|access-token|introspection|sender|transaction-token)/',
          '^libs/auth/src/(auth-error|principal|service-error)\\.ts$',
          '^apps/orders/src/orders/order\\.ts$',
          '^apps/payments/src/payments/payment\\.ts$',
          '^apps/auth/src/signing-keys/(key-ring|key-encryption-key)\\.ts$',
        ],
        pathNot: SPEC,
      },
      to: { path: NEST },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^libs/[^/]+/dist/'] },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
};
