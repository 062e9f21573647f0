import { ConfigurationError } from '@countersign/platform';

/** Where mail is handed over, and how. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `none` is for this machine alone: a mailed link is as good as a password on the way. */
  readonly tls: 'from the start' | 'STARTTLS' | 'none';
  readonly credentials: { readonly username: string; readonly password: string } | null;
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
/** Submission (RFC 6409 §3.1), and submission over TLS (RFC 8314 §3.3). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/**
 * Reads `smtp[s]://[user:password@]host[:port]`. `smtps` is TLS from the start; `smtp` is STARTTLS, which the server has
 * to offer, or no TLS when the server is on this machine. There are no parameters: none turns a check off.
 *
 * @throws ConfigurationError, which does not have the password
 */
export function parseMailServer(text: string): MailServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const defaultPort = DEFAULT_PORTS[url?.protocol ?? ''];
  if (url === undefined || defaultPort === undefined || url.hostname === '')
    throw new ConfigurationError(['SMTP_URL is not smtp:// or smtps://, with a host behind it']);
  if (url.search !== '' || url.hash !== '' || !['', '/'].includes(url.pathname))
    throw new ConfigurationError(['SMTP_URL has something behind its host and port']);
  if ((url.username === '') !== (url.password === ''))
    throw new ConfigurationError(['SMTP_URL has a user name or a password, and not both']);
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  const unlessLocal = LOOPBACK_HOSTS.has(host) ? 'none' : 'STARTTLS';
  return {
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    tls: url.protocol === 'smtps:' ? 'from the start' : unlessLocal,
    credentials:
      url.username === '' ? null : { username: decode(url.username), password: decode(url.password) },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new ConfigurationError(['SMTP_URL has a % that is no percent-encoding: write it as %25']);
  }
}
