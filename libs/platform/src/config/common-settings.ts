import { z } from 'zod';
import { flag, port } from './setting.js';

/** The settings that every process has. `defaults` are the ports that the app listens on. */
export function commonSettings(defaults: { readonly port: number; readonly managementPort: number }) {
  return {
    NODE_ENV: z.string().default('development').describe('production refuses demo secrets unless DEMO=true'),
    DEMO: flag().default(false).describe('demo accounts, clients and secrets'),
    HOST: z.string().default('127.0.0.1').describe('address of the main server'),
    PORT: port().default(defaults.port).describe('port of the main server'),
    MANAGEMENT_HOST: z.string().default('127.0.0.1').describe('address of probes and metrics'),
    MANAGEMENT_PORT: port().default(defaults.managementPort).describe('port of probes and metrics'),
    DATA_DIR: z
      .string()
      .default('.data')
      .describe('embedded databases, development certificates and keys; each app has a folder in it'),
    LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('least severe level that is logged'),
    LOG_FORMAT: z
      .enum(['pretty', 'json'])
      .default(process.stdout.isTTY ? 'pretty' : 'json')
      .describe('pretty on a terminal, else json'),
  };
}
