import { createHash, createHmac } from "node:crypto";

/** Who signs. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A request before it is signed. */
export interface Unsigned {
  readonly method: string;
  /** The server's name with its port, as the `Host` header has it. */
  readonly host: string;
  /** Not encoded yet: `/minio/admin/v3/add-user`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Further headers; they are sent as they are, unsigned. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Signed {
  /** Path and query, encoded as they were signed. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SERVICE = "s3";
const SIGNED_HEADERS = "host;x-amz-content-sha256;x-amz-date";

/** Percent-encodes all but RFC 3986's unreserved characters, as signature version 4 wants it. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/**
 * AWS's signature version 4, as S3 has it: the hash of the body is a header, and the path is encoded
 * once ("Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk"
 * in the reference of Amazon S3's API).
 * @param now within 15 minutes of the server's clock, or it refuses
 */
export function sign(
  request: Unsigned,
  { accessKey, secretKey }: Credentials,
  region: string,
  now: Date,
): Signed {
  const time = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const path = request.path.split("/").map(encode).join("/");
  const query = Object.entries(request.query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const hash = sha256(request.body);
  const canonical = [
    request.method,
    path,
    query,
    `host:${request.host}`,
    `x-amz-content-sha256:${hash}`,
    `x-amz-date:${time}`,
    "",
    SIGNED_HEADERS,
    hash,
  ].join("\n");
  const scope = `${day}/${region}/${SERVICE}/aws4_request`;
  const key = [region, SERVICE, "aws4_request"].reduce<Buffer>(
    (parent, part) => hmac(parent, part),
    hmac(`AWS4${secretKey}`, day),
  );
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signature = hmac(key, toSign).toString("hex");
  return {
    target: query === "" ? path : `${path}?${query}`,
    headers: {
      ...request.headers,
      "X-Amz-Content-Sha256": hash,
      "X-Amz-Date": time,
      Authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${SIGNED_HEADERS}, Signature=${signature}`,
    },
  };
}
