import type { DeclaredResource } from '../access/declared-resources.js';
import type { SignatureAlgorithm } from '../jose/signature-algorithm.js';

/** What an API tells of itself to clients that know nothing but its address (RFC 9728). */
export interface ResourceMetadataOptions {
  /**
   * Where clients reach the routes of this app: an origin, and the path before them where there is one (a global prefix,
   * or what a proxy takes away). It is the start of every `resource`, and the `resource` of the API as a whole.
   */
  readonly url: string;
  /** Name for people. */
  readonly name: string;
  /** Address of a page for developers. */
  readonly documentation?: string;
}

/** RFC 9728 §2. */
export interface ResourceMetadataDocument {
  readonly resource: string;
  readonly resource_name: string;
  readonly resource_documentation?: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  /** Left out where there is no scheme `DPoP`. */
  readonly dpop_signing_alg_values_supported?: readonly SignatureAlgorithm[];
}

export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** What may stand in a quoted parameter of a challenge (RFC 6750 §3), in an absolute URL without query and fragment. */
const BASE_URL = /^https?:\/\/[^\s"\\?#]+$/;
/** RFC 3986 §3.3, without empty segments. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9\-._~!$&'()*+,;=:@%]+)+$/;
/** A client resolves them before it sends a request. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The metadata of an API and of every resource in it. `resource` has to be the very URL that a client used (§3.3): a
 * client that is told another one could be made to ask for tokens that somebody else can use. So there is a document
 * for each path that a route with `@Access` is at or above, and each is about that path.
 *
 * The origin is what was configured; a `Host` header is anyone's. Queries are left out, where a token may stand that
 * must not be repeated; RFC 8707 §2 wants none in a resource identifier.
 */
export class ResourceMetadata {
  private readonly origin: string;
  /** Path of the API as a whole, empty for an origin. */
  private readonly basePath: string;

  /**
   * @param options `issuer` whose tokens are accepted; `dpopAlgorithms` that proofs may be signed with, null without DPoP
   * @throws TypeError when the URL is not absolute, or has a query, a fragment or a quotation mark
   */
  constructor(
    private readonly options: ResourceMetadataOptions & {
      readonly issuer: string;
      readonly dpopAlgorithms: readonly SignatureAlgorithm[] | null;
    },
    private readonly resources: readonly DeclaredResource[],
  ) {
    const { url } = options;
    if (!BASE_URL.test(url) || !URL.canParse(url)) {
      throw new TypeError('metadata.url is not an http(s) URL without query and fragment');
    }
    this.origin = /^https?:\/\/[^/]+/.exec(url)?.[0] ?? url;
    this.basePath = url.slice(this.origin.length).replace(/\/$/, '');
  }

  /**
   * The document at an address.
   *
   * @param path of its URL, as it was requested
   * @returns undefined when nothing is there
   */
  documentAt(path: string): ResourceMetadataDocument | undefined {
    const identified = path.slice(RESOURCE_METADATA_PATH.length);
    if (identified === this.basePath) return this.documentOf(this.options.url, '');
    const relative = this.relativePath(identified);
    return relative !== undefined && this.isResource(relative)
      ? this.documentOf(`${this.origin}${identified}`, relative)
      : undefined;
  }

  /**
   * Address of the document about the resource that a request was for; of the one about the API as a whole, when no
   * client could have sent the path as it is, or no route is known there.
   *
   * @param path of the request, as this app got it
   */
  addressFor(path: string): string {
    const relative = this.relativePath(path) ?? path;
    const resource = this.isResource(relative) ? relative : '';
    return `${this.origin}${RESOURCE_METADATA_PATH}${this.basePath}${resource}`;
  }

  private relativePath(path: string): string | undefined {
    return path.startsWith(`${this.basePath}/`) ? path.slice(this.basePath.length) : undefined;
  }

  private isResource(path: string): boolean {
    return PLAIN_PATH.test(path) && !DOT_SEGMENT.test(path) && this.partsOf(path).length > 0;
  }

  /** The declared resources at a path, above it, and below it. */
  private partsOf(path: string): readonly DeclaredResource[] {
    return this.resources.filter(
      (resource) => isWithin(path, resource.path) || isWithin(resource.path, path),
    );
  }

  private documentOf(resource: string, path: string): ResourceMetadataDocument {
    const { issuer, name, documentation, dpopAlgorithms } = this.options;
    return {
      resource,
      resource_name: name,
      ...(documentation !== undefined && { resource_documentation: documentation }),
      authorization_servers: [issuer],
      scopes_supported: [...new Set(this.partsOf(path).flatMap(({ scopes }) => scopes))].toSorted(),
      bearer_methods_supported: ['header'],
      ...(dpopAlgorithms !== null && { dpop_signing_alg_values_supported: dpopAlgorithms }),
    };
  }
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}
