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
    const answer = (request: RequestTarget, response: unknown): void => {
      const document = this.metadata.documentAt(requestPath(request));
      // It is for everyone, for clients that are pages of other origins too.
      httpAdapter.setHeader(response, 'access-control-allow-origin', '*');
      httpAdapter.setHeader(response, 'cache-control', document ? 'public, max-age=300' : 'no-store');
      httpAdapter.setHeader(
        response,
        'content-type',
        document ? 'application/json' : 'application/problem+json',
      );
      httpAdapter.reply(response, JSON.stringify(document ?? NOT_FOUND), document ? 200 : 404);
    };
    const below = `${RESOURCE_METADATA_PATH}/*`;
    httpAdapter.get(RESOURCE_METADATA_PATH, answer);
    httpAdapter.get(httpAdapter.normalizePath?.(below) ?? below, answer);
  }
}
