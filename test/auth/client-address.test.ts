import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { clientAddress } from "../../src/auth/client-address.ts";
import { request } from "../support/request.ts";

describe("where a request comes from", () => {
  let server: Server;
  afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  /** The address made of `X-Forwarded-For`, for a connection from 127.0.0.1. */
  async function addressOf(trusted: readonly string[], forwarded?: string): Promise<string> {
    const app = new Hono().get("/", (context) => context.text(clientAddress(context, trusted)));
    const listener = getRequestListener(app.fetch);
    server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const headers = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded };
    return (await request({ port, host: "x", headers })).body;
  }

  const proxies = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"];
  it.each([
    [
      "without a trusted proxy, the header is the client's own invention",
      [],
      "1.2.3.4",
      "127.0.0.1",
    ],
    ["the proxy's client", proxies, "1.2.3.4", "1.2.3.4"],
    [
      "the last that is no proxy: what stands before, the client wrote",
      proxies,
      "9.9.9.9, 1.2.3.4",
      "1.2.3.4",
    ],
    ["through two proxies", proxies, "9.9.9.9, 1.2.3.4, 10.1.1.1", "1.2.3.4"],
    ["all of them proxies: the farthest", proxies, "10.1.1.1, 10.2.2.2", "10.1.1.1"],
    ["no header", proxies, undefined, "127.0.0.1"],
    ["what is no address stops the search", proxies, "1.2.3.4, nonsense", "127.0.0.1"],
    ["and is never the answer", proxies, "1.2.3.4, , 10.1.1.1", "10.1.1.1"],
    ["IPv6, in its canonical form", proxies, "2001:DB8:0::1", "2001:db8::1"],
    ["IPv4 in an IPv6 address is that IPv4 address", proxies, "::ffff:1.2.3.4", "1.2.3.4"],
    ["a proxy's mapped address is the proxy's", proxies, "1.2.3.4, ::ffff:10.1.1.1", "1.2.3.4"],
    ["no other spelling is read", proxies, "0x01020304", "127.0.0.1"],
  ] as const)("%s", async (_title, trusted, forwarded, expected) => {
    expect(await addressOf(trusted, forwarded)).toBe(expected);
  });
});
