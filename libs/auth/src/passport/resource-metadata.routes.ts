import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { requestPath, type RequestTarget } from './request-path.js';
import { RESOURCE_METADATA_PATH, ResourceMetadata } from './resource-metadata.js';

const NOT_FOUND = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'There is no protected resource of this address.',
};

/** It is for everyone, for clients that are pages of other origins too. */
const ANY_ORIGIN = { 'access-control-allow-origin': '*' };
const DOCUMENT_HEADERS = {
  ...ANY_ORIGIN,
  'cache-control': 'public, max-age=300',
  'content-type': 'application/json',
};
const NOT_FOUND_HEADERS = {
  ...ANY_ORIGIN,
  'cache-control': 'no-store',
  'content-type': 'application/problem+json',
};
/** A client may say more than a browser sends unasked, such as the version of its own protocol. */
const PREFLIGHT = {
  ...ANY_ORIGIN,
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-max-age': '3600',
};

/**
 * Serves the metadata (RFC 9728 §3). The routes are those of the HTTP server itself: the place of the documents is
 * fixed, whatever prefix and versions the routes of the app have.
 */
@Injectable()
export class ResourceMetadataRoutes implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly metadata: ResourceMetadata,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapterHost;
    const below = `${RESOURCE_METADATA_PATH}/*`;
    for (const path of [RESOURCE_METADATA_PATH, httpAdapter.normalizePath?.(below) ?? below]) {
      httpAdapter.get(path, (request: RequestTarget, response: unknown) => this.answer(request, response));
      httpAdapter.options(path, (_request: RequestTarget, response: unknown) =>
        this.reply(response, 204, PREFLIGHT),
      );
    }
  }

  private answer(request: RequestTarget, response: unknown): void {
    const document = this.metadata.documentAt(requestPath(request));
    if (document === undefined) {
      this.reply(response, 404, NOT_FOUND_HEADERS, NOT_FOUND);
    } else {
      this.reply(response, 200, DOCUMENT_HEADERS, document);
    }
  }

  private reply(
    response: unknown,
    status: number,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): void {
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body && JSON.stringify(body), status);
  }
}
