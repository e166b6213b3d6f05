import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sendOverSockets, type Outgoing } from "../../../src/gitlab-pages/client/send.ts";
import { certificateFor } from "../../support/certificates.ts";
import { waitFor } from "../../support/wait.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://${await listen(createServer(listener))}/api`;
}

const asked = (url: string, more: Partial<Outgoing> = {}): Outgoing => ({
  method: "GET",
  url,
  headers: { "private-token": "glpat-test" },
  body: undefined,
  signal: new AbortController().signal,
  ...more,
});

it("gives the answer as it came, and sends what was given", async () => {
  const arrived: unknown[] = [];
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      const length = headers["content-length"];
      const token = headers["private-token"];
      arrived.push({ method, path, token, length, body: Buffer.concat(chunks).toString() });
      response.writeHead(201, { "X-Next-Page": "2", "Set-Cookie": ["a=1", "b=2"] });
      response.end('{"name":"Zoë"}');
    });
  });
  const answer = await sendOverSockets()(asked(`${url}?a=b`, { method: "POST", body: "Zoë" }));
  expect(answer).toMatchObject({
    status: 201,
    headers: { "x-next-page": "2", "set-cookie": "a=1, b=2" },
    text: '{"name":"Zoë"}',
  });
  expect(arrived).toEqual([
    { method: "POST", path: "/api?a=b", token: "glpat-test", length: "4", body: "Zoë" },
  ]);
});

it("puts letters together that came in two pieces", async () => {
  const letters = Buffer.from("Zoë");
  const url = await serve((_request, response) => {
    response.write(letters.subarray(0, -1), () => response.end(letters.subarray(-1)));
  });
  expect((await sendOverSockets()(asked(url))).text).toBe("Zoë");
});

it("sends one request after the other on the same connection", async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end("{}");
  });
  const send = sendOverSockets();
  for (let turn = 0; turn < 5; turn++) await send(asked(url));
  expect(ports.size).toBe(1);
});

it("stops reading an answer that is too large", async () => {
  const piece = Buffer.alloc(1024 * 1024, " ");
  let sent = 0;
  let isClosed = false;
  const url = await serve((_request, response) => {
    response.once("close", () => (isClosed = true));
    const more = () => {
      if (isClosed) return;
      sent++;
      response.write(piece, more);
    };
    more();
  });
  await expect(sendOverSockets()(asked(url))).rejects.toMatchObject({ code: "invalid" });
  await waitFor(() => isClosed, { describe: "the connection to be closed" });
  // What lies in the sockets' buffers has been sent, too.
  expect(sent).toBeLessThan(80);
});

it("asks for nothing packed, and takes nothing packed", async () => {
  let coding: unknown;
  const url = await serve((request, response) => {
    coding = request.headers["accept-encoding"];
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end("?");
  });
  await expect(sendOverSockets()(asked(url))).rejects.toMatchObject({ code: "invalid" });
  expect(coding).toBe("identity");
});

it.each<[string, RequestListener]>([
  ["without an answer", (request) => request.socket.destroy()],
  [
    "in the middle of an answer",
    (request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => request.socket.destroy());
    },
  ],
  [
    "after it was made another protocol's",
    (request) => {
      request.socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      );
    },
  ],
])("fails for a connection that ends %s", async (_when, listener) => {
  const url = await serve(listener);
  await expect(sendOverSockets()(asked(url))).rejects.toThrow();
});

describe("a signal", () => {
  it("that has ended already lets nothing be sent", async () => {
    let arrived = 0;
    const url = await serve((_request, response) => {
      arrived++;
      response.end("{}");
    });
    const send = sendOverSockets();
    const reason = new Error("ended");
    const ended = send(asked(url, { signal: AbortSignal.abort(reason) }));
    await expect(ended).rejects.toBe(reason);
    await send(asked(url));
    expect(arrived).toBe(1);
  });

  it.each<[string, RequestListener]>([
    ["the answer", () => undefined],
    ["its end", (_request, response) => void response.write("{")],
  ])("closes the connection that waits for %s", async (_what, listener) => {
    let isClosed = false;
    let hasArrived = false;
    const url = await serve((request, response) => {
      hasArrived = true;
      request.socket.once("close", () => (isClosed = true));
      listener(request, response);
    });
    const ended = new AbortController();
    const reason = new Error("ended");
    const failed = expect(sendOverSockets()(asked(url, { signal: ended.signal }))).rejects.toBe(
      reason,
    );
    await waitFor(() => hasArrived, { describe: "the request" });
    ended.abort(reason);
    await failed;
    await waitFor(() => isClosed, { describe: "the connection to be closed" });
  });
});

describe("over TLS", () => {
  it("is nothing sent to whom it does not trust", async () => {
    let arrived = 0;
    const at = await listen(
      createTlsServer(await certificateFor(["gitlab.test"]), (_request, response) => {
        arrived++;
        response.end("{}");
      }),
    );
    await expect(sendOverSockets()(asked(`https://${at}/`))).rejects.toMatchObject({
      // As `gitlab check` explains it.
      code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_|CERT_|ISSUER/),
    });
    expect(arrived).toBe(0);
  });

  it("is said what is wrong where there is none", async () => {
    const url = await serve((_request, response) => response.end("{}"));
    await expect(sendOverSockets()(asked(url.replace("http:", "https:")))).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:ERR_SSL|EPROTO)/),
    });
  });
});
