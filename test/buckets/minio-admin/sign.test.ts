import { describe, expect, it } from "vitest";
import { sign } from "../../../src/buckets/minio-admin/sign.ts";

// The access and secret key, the time and the bucket of Amazon's own examples; made up by them.
const credentials = {
  accessKey: "AKIAIOSFODNN7EXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const now = new Date("2013-05-24T00:00:00Z");

describe("a signed request", () => {
  it.each([
    [
      "GET Bucket Lifecycle",
      { lifecycle: "" },
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "Get Bucket (List Objects)",
      { "max-keys": "2", prefix: "J" },
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("is Amazon's own example: %s", (_name, query, signature) => {
    const host = "examplebucket.s3.amazonaws.com";
    const request = { method: "GET", host, path: "/", query, body: Buffer.alloc(0) };
    const { headers } = sign(request, credentials, "us-east-1", now);
    expect(headers["Authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    );
  });

  it("sends what it signed, with everything but letters, digits and -._~ encoded", () => {
    const path = "/a b/ü(1)*";
    const query = { z: "1", "a!": "x/y&z", b: "~" };
    const request = { method: "PUT", host: "h", path, query, body: Buffer.from("x") };
    expect(sign(request, credentials, "r", now).target).toBe(
      "/a%20b/%C3%BC%281%29%2A?a%21=x%2Fy%26z&b=~&z=1",
    );
  });
});
