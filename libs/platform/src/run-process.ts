import { ConfigurationError } from './config/configuration-error.js';

const EXIT_CONFIGURATION = 78; // EX_CONFIG of sysexits(3): a supervisor need not try again

/**
 * Runs a process's `start` and turns whatever stops it into one plain message on standard error and an exit code:
 * 78 for a fault that the operator has to mend (settings, a port in use, a folder), 1 for anything else.
 */
export async function runProcess(name: string, start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const faults = operatorFaults(error);
    process.stderr.write(`${name} did not start:\n${faults.map((fault) => `  - ${fault}\n`).join('')}`);
    if (!isOperatorFault(error) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(isOperatorFault(error) ? EXIT_CONFIGURATION : 1);
  }
}

function isOperatorFault(error: unknown): boolean {
  return error instanceof ConfigurationError || describeSystemError(error) !== undefined;
}

function operatorFaults(error: unknown): readonly string[] {
  if (error instanceof ConfigurationError) return error.faults;
  const described = describeSystemError(error);
  if (described) return [described];
  return [error instanceof Error ? error.message : String(error)];
}

function describeSystemError(error: unknown): string | undefined {
  const { code, address, port, path } = (error ?? {}) as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address} is in use by another process`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return port === undefined ? `no permission for ${path}` : `no permission to listen on port ${port}`;
    case 'ENOENT':
      return path === undefined ? undefined : `${path} does not exist`;
    case 'ENOTDIR':
      return `${path} cannot be: a part of it is a file, not a folder`;
    case 'ENOSPC':
      return `no space left for ${path}`;
    default:
      return undefined;
  }
}
