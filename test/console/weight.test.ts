import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { operator } from "../../src/domain/policy.ts";
import type { Change } from "../../src/domain/state.ts";
import { TOKEN_PREFIX } from "../../src/owners/tokens.ts";
import { startAdminWorld, type AdminWorld } from "./admin/support.ts";

/** Bytes over the wire at the first visit, with the files that are kept from then on. */
const WEIGHT_MAX = 100_000;
const HOSTS = 30;
const PLACES = 60;

let world: AdminWorld;
beforeAll(async () => {
  world = await startAdminWorld();
  const target = "http://127.0.0.1:9000";
  const { id } = await world.must("POST", "/endpoints", { owner: "alice", path: "/p", target });
  await world.running.core.requireLedger().change(operator, (state, { revision }) => {
    const endpoint = state.endpoints.get(id);
    const label = state.labels.get("alice");
    if (endpoint === undefined || label === undefined) throw new Error("it is gone");
    const changes: Change[] = [];
    for (let host = 0; host < HOSTS; host++) {
      const name = `alice-${host}` as typeof label.id;
      changes.push({ kind: "label", id: name, entity: { ...label, id: name, revision } });
      for (let place = 0; place < PLACES; place++) {
        const entity = {
          ...endpoint,
          id: `ep-${String(host * PLACES + place).padStart(8, "0")}`,
          host: `${name}.${endpoint.host.split(".").slice(1).join(".")}` as typeof endpoint.host,
          path: `/place/${place}` as typeof endpoint.path,
          revision,
        };
        changes.push({ kind: "endpoint", id: entity.id, entity });
      }
    }
    return { changes, event: { type: "test", summary: "many", owners: [] }, result: null };
  });
  await world.running.publisher.settled();
});
afterAll(() => world?.close());

/** A page as it comes over the wire. */
async function wire(name: string, path: string) {
  const { config, httpPort } = world.running;
  const { cookies } = await world.as(name);
  const asked = get({
    port: httpPort,
    path,
    headers: {
      Host: new URL(config.publicUrl).host,
      Cookie: [...cookies].map((cookie) => cookie.join("=")).join("; "),
      "Accept-Encoding": "gzip, deflate, br",
    },
  });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const body = Buffer.concat(await answer.toArray());
  return { status: answer.statusCode, headers: answer.headers, body };
}

it.each([
  "/",
  "/endpoints/new",
  "/activity",
  "/admin",
  "/admin/owners/alice",
  "/admin/routes",
  "/admin/traefik",
  "/admin/traefik/document",
  "/admin/audit",
  "/admin/search?q=alice",
])("%s weighs little over the wire, however much is on it", async (path) => {
  const { status, headers, body } = await wire(path.startsWith("/admin") ? "ada" : "alice", path);
  expect(status).toBe(200);
  const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  expect(plain.toString()).toContain("</html>");
  const files = [...plain.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)];
  expect(files.length).toBeGreaterThan(4);
  let weight = body.length;
  for (const [, file = ""] of files) weight += (await wire("alice", file)).body.length;
  expect(weight).toBeLessThan(WEIGHT_MAX);
});

it("an answer to a form is not compressed: it may show a secret", async () => {
  const alice = await world.as("alice");
  const form = { name: "laptop", owner: "alice", "scope.read": "yes", days: "3" };
  const headers = { "Accept-Encoding": "gzip" };
  const answer = await alice.post("/access/tokens", form, { headers });
  expect(answer.body).toContain(TOKEN_PREFIX);
  expect(answer.headers["content-encoding"]).toBeUndefined();
});
