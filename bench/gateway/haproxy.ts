export interface HaproxyOptions {
  readonly port: number;
  readonly keyFile: string;
  readonly issuer: string;
  readonly audience: string;
}

/**
 * HAProxy that verifies a JWT as its makers' page on OAuth has it, and answers by itself: with a server behind it, it
 * would do less.
 */
export function haproxyConfiguration({ port, keyFile, issuer, audience }: HaproxyOptions): string {
  return `
global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend api
  bind 127.0.0.1:${port}
  http-request deny deny_status 401 unless { req.hdr(authorization) -m found }
  http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
  http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
  http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
  http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.aud) -m str ${audience} }
  http-request deny deny_status 401 unless { http_auth_bearer,jwt_verify(txn.alg,"${keyFile}") -m int 1 }
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request return status 200 content-type application/json string '{"message":"Hello World!"}'
`;
}
