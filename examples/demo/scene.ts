import { type ImportLine, createControl } from "../../src/control.ts";
import { waitFor } from "../../test/support/wait.ts";
import { type DemoRequest, send } from "./request.ts";
import { type Stage, zone } from "./stage.ts";

/** What the scene made, for the lines that change it. */
export interface Scene {
  /** The id of alice's endpoint. */
  readonly notes: string;
  /** Where a browser signs in as alice, once. */
  readonly signIn: string;
  /** Milliseconds from the API's answer for the last endpoint to its first visitor. */
  readonly liveMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Fills the console: pages, a suspended person and a name at rest by an import, as a sync or a
 * restore would bring them; persons, a group and endpoints by the API.
 */
export async function playScene(stage: Stage): Promise<Scene> {
  await importStart(stage);
  const api = apiOf(stage);
  await api("POST", "/persons", { username: "bob" });
  await api("POST", "/groups", {
    name: "games",
    displayName: "Games society",
    managers: ["alice"],
  });
  const { notes, shop, chess } = stage.places;
  const made = await api("POST", "/endpoints", {
    owner: "alice",
    path: "/notes",
    target: notes.url,
    stripPrefix: true,
  });
  await api("POST", "/endpoints", { owner: "bob", target: shop.url });
  await api("POST", "/endpoints", { owner: "games", path: "/chess", target: chess.url });
  const answeredAt = performance.now();
  await waitForText(siteUrl(stage, "games", "/chess"), "the games society's chess");
  const liveMs = Math.round(performance.now() - answeredAt);
  const { url } = await api("POST", "/passes", { person: "alice" });
  return { notes: made.id, signIn: url, liveMs };
}

/** The address of a label's site behind Traefik. */
export function siteUrl(stage: Stage, label: string, path: string): string {
  return `https://${label}.${zone}:${stage.traefik.httpsPort}${path}`;
}

/** Waits until a site answers with this text. */
export async function waitForText(url: string, text: string): Promise<void> {
  const describe = `${url} to answer "${text}"`;
  await waitFor(async () => (await send({ url })).body.includes(text), { describe });
}

/** A request to the API as the admin. */
export function apiRequest(
  { console, token }: Stage,
  method: string,
  path: string,
  json?: unknown,
): DemoRequest {
  const url = `http://127.0.0.1:${console.httpPort}/api/v1${path}`;
  const headers = { Authorization: `Bearer ${token}` };
  return { url, headers, ...(method === "GET" ? {} : { method }), ...(json ? { json } : {}) };
}

function apiOf(stage: Stage) {
  return async (
    method: string,
    path: string,
    json: unknown,
  ): Promise<{ id: string; url: string }> => {
    const answer = await send(apiRequest(stage, method, path, json));
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.json<{ id: string; url: string }>();
  };
}

async function importStart({ console }: Stage): Promise<void> {
  const now = new Date();
  const file = {
    format: "tardis-console/1",
    zone,
    persons: [
      { name: "alice", displayName: "Alice" },
      {
        name: "mallory",
        suspended: { at: now.toISOString(), reason: "sent spam", cause: "admin" },
      },
      { name: "carol" },
    ],
    labels: [
      {
        label: "carols-old-name",
        owner: "carol",
        restsUntil: new Date(now.getTime() + 100 * DAY_MS).toISOString(),
      },
    ],
    pages: [
      {
        project: 1,
        projectPath: "alice/thesis",
        owner: "alice",
        host: `alice.${zone}`,
        path: "/thesis",
      },
    ],
  };
  const response = await createControl(console.core).request("/control/import?merge=true", {
    method: "POST",
    body: JSON.stringify(file),
  });
  const lines = (await response.text()).trim().split("\n");
  const last = JSON.parse(lines.at(-1) ?? "") as ImportLine;
  if (!("done" in last)) throw new Error(`the import failed: ${JSON.stringify(last)}`);
}
