import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@countersign/platform';
import { parseMailServer } from './mail-server.js';

describe('the address of a mail server', () => {
  it.each<[text: string, server: object]>([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, tls: 'STARTTLS', credentials: null }],
    ['smtp://mail.example.com:2525', { port: 2525, tls: 'STARTTLS' }],
    ['smtp://192.0.2.1', { tls: 'STARTTLS' }],
    ['smtp://localhost.example.com', { tls: 'STARTTLS' }],
    ['smtps://mail.example.com/', { port: 465, tls: 'from the start' }],
    ['smtps://localhost', { tls: 'from the start' }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, tls: 'none' }],
    ['smtp://127.0.0.1', { tls: 'none' }],
    ['smtp://[::1]', { host: '::1', tls: 'none' }],
    [
      'smtp://mailer%40example.com:p%3Ass%2F@mail.example.com',
      { credentials: { username: 'mailer@example.com', password: 'p:ss/' } },
    ],
  ])('%s is read, and goes without TLS on this machine alone', (text, server) => {
    expect(parseMailServer(text)).toMatchObject(server);
  });

  it.each<[text: string, fault: RegExp]>([
    ['mail.example.com', /is not smtp/],
    ['mail.example.com:587', /is not smtp/],
    ['https://mail.example.com', /is not smtp/],
    ['smtp://', /is not smtp/],
    ['smtp://mail.example.com?tls.rejectUnauthorized=false', /behind its host/],
    ['smtp://mail.example.com/#x', /behind its host/],
    ['smtp://mail.example.com/path', /behind its host/],
    ['smtp://canary@mail.example.com', /not both/],
    ['smtp://:canary@mail.example.com', /not both/],
    ['smtp://mailer:canary%@mail.example.com', /%25/],
  ])('%s is refused, and what is secret in it not repeated', (text, fault) => {
    const parse = () => parseMailServer(text);
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(fault);
    expect(parse).not.toThrow(/canary/);
  });
});
