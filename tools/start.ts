import { spawn, type ChildProcess } from 'node:child_process';
import { APP_NAMES, DEFAULT_PORTS, Stack, type AppName } from './stack.ts';

const COLOURS: Readonly<Record<AppName, number>> = { auth: 35, gateway: 36, orders: 33, payments: 32 };
const isTerminal = process.stdout.isTTY;
/** Compiles what changes, and restarts the apps that it changes for. */
const isWatching = process.argv.includes('--watch');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function label(app: AppName): string {
  const name = app.padEnd(8);
  return isTerminal ? `\u001B[${COLOURS[app]}m${name}\u001B[0m` : name;
}

const stack = new Stack({
  ports: DEFAULT_PORTS,
  environment: {
    DEMO: 'true',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: isTerminal ? 'pretty' : 'json',
    ...process.env,
  },
  ...(isWatching && { nodeOptions: ['--watch', '--watch-preserve-output'] }),
  onLine: (app, line) => print(`${label(app)} ${line}`),
});

let isStopping = false;
let compiler: ChildProcess | undefined;

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  compiler?.kill();
  const codes = await stack.stop();
  const unclean = [...codes].filter(([, code]) => code !== 0).map(([app]) => app);
  if (unclean.length > 0) print(`did not stop cleanly: ${unclean.join(', ')}`);
  else if (exitCode === 0) print('stopped; your data is kept for the next start');
  process.exit(exitCode);
}

process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));

const startedAt = Date.now();
try {
  await stack.start();
} catch (error) {
  print(`the stack did not start: ${(error as Error).message}`);
  await stop(1);
}
stack.onUnexpectedExit((app, code) => {
  print(`${app} ended with exit code ${code}; stopping the others`);
  void stop(1);
});

if (isWatching) {
  const projects = APP_NAMES.map((app) => `apps/${app}/tsconfig.app.json`);
  compiler = spawn('tsc', ['-b', '--watch', '--preserveWatchOutput', ...projects], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

const { api, issuer } = stack;
print(`
Countersign is ready (${((Date.now() - startedAt) / 1_000).toFixed(1)} s).

  API        ${api}        try it in the browser: ${api}/docs
  issuer     ${issuer}        keys: ${issuer}/.well-known/jwks.json
  services   ${APP_NAMES.filter((app) => app === 'orders' || app === 'payments')
    .map((app) => `${app} on TCP ${DEFAULT_PORTS[app].main}`)
    .join(', ')}, mutual TLS

  accounts   customer@example.com, merchant@example.com, admin@example.com; password countersign-demo

Next, in another terminal:

  npm run demo                     a tour: log in, place and pay an order, five refusals
  curl -i ${api}/me   what a caller without a token is told

Ctrl-C stops it.
`);
