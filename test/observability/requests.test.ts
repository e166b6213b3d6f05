import { request as httpRequest } from "node:http";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startAdminWorld, type AdminWorld } from "../console/admin/support.ts";
import { request } from "../support/request.ts";
import { waitFor } from "../support/wait.ts";

let world: AdminWorld;
beforeAll(async () => {
  world = await startAdminWorld();
});
afterAll(() => world?.close());

/** How many requests with this status were timed. */
async function counted(status: number): Promise<number> {
  const port = world.running.internalPort;
  const { body } = await request({ port, host: "localhost", path: "/metrics" });
  const line = new RegExp(`http_request_seconds_count\\{method="GET",status="${status}"\\} (\\d+)`);
  return Number(line.exec(body)?.[1] ?? 0);
}

it("times requests, and no stream that a page holds open", async () => {
  const alice = await world.as("alice");
  expect((await alice.get("/")).status).toBe(200);
  await waitFor(async () => (await counted(200)) > 0, { describe: () => "the page to be timed" });
  const before = await counted(200);

  const cookie = [...alice.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = (signedIn: boolean) => ({
    host: new URL(world.running.config.publicUrl).host,
    accept: "text/event-stream",
    ...(signedIn ? { cookie } : {}),
  });
  const open = async (signedIn: boolean) => {
    const outgoing = httpRequest({
      port: world.running.httpPort,
      host: "127.0.0.1",
      path: "/live",
      headers: headers(signedIn),
    }).end();
    const [response] = await once(outgoing, "response");
    return { response, outgoing };
  };
  const stream = await open(true);
  expect(stream.response.statusCode).toBe(200);
  const gone = new Promise((resolve) => stream.response.once("close", resolve));
  for (const one of [stream.outgoing, stream.response]) one.on("error", () => undefined);
  stream.outgoing.destroy();
  await gone;

  // One that is refused is a request like any other; it is timed after the stream has ended.
  const refused = await open(false);
  refused.response.resume();
  const status = refused.response.statusCode as number;
  expect(status).not.toBe(200);
  await waitFor(async () => (await counted(status)) > 0, {
    describe: () => "the refused one to be timed",
  });
  expect(await counted(200)).toBe(before);
});
