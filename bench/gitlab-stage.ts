import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { openLevelStore } from "../src/store/leveldb.ts";
import type { Json, Key } from "../src/store/store.ts";
import { mustClient, zone } from "../test/support/console.ts";
import { waitFor } from "../test/support/wait.ts";
import { startChild } from "./child.ts";
import { watcher } from "./during.ts";
import type { ConsoleInput, ConsoleVerbs } from "./gitlab-console.ts";
import type { GitLabInput, GitLabVerbs } from "./gitlab-server.ts";
import type { WorldSize } from "./gitlab-world.ts";
import { removeFolder } from "./process.ts";

export const HOOK_TOKEN = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
/** A read of everything takes no longer. */
export const SYNC_MAX_MS = 120_000;
const ISSUER = "https://gitlab.tardis.test";

/** A GitLab of that size, which does not answer yet, and a console that begins to read it. */
export async function gitlabStage(size: WorldSize) {
  const folder = await mkdtemp(join(tmpdir(), "tardis-bench-"));
  const closing: (() => Promise<unknown>)[] = [() => removeFolder(folder)];
  const close = async () => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const gitlab = await startChild<GitLabVerbs>("gitlab-server.ts", {
      size,
      zone,
      hookToken: HOOK_TOKEN,
    } satisfies GitLabInput);
    closing.push(() => gitlab.stop());
    const about = await gitlab.ask.about();
    await gitlab.ask.hold();
    await seed(join(folder, "data"), about.users);
    const console = await startChild<ConsoleVerbs>("gitlab-console.ts", {
      folder,
      pages: { enabled: true, url: about.daemon },
      gitlab: {
        enabled: true,
        url: about.url,
        token: about.token,
        issuer: ISSUER,
        interval: 60,
        hooks: { signingToken: HOOK_TOKEN },
      },
    } satisfies ConsoleInput);
    closing.push(() => console.stop());
    const ports = await console.ask.ports();
    const { during, stop } = await watcher(console, ports.internal);
    closing.push(stop);
    const must = mustClient(ports.http);
    await must("GET", "/whoami");

    /** Until a read of everything that began after this moment has ended. */
    const fullSync = async (since: number, timeout: number) =>
      waitFor(
        async () => {
          await delay(200);
          const run = await console.ask.last();
          return run !== undefined && Date.parse(run.finishedAt ?? "") >= since ? run : undefined;
        },
        { timeout, describe: "a read of everything" },
      );
    return { gitlab, about, console, must, ports, during, fullSync, close };
  } catch (error) {
    await close();
    throw error;
  }
}
export type GitLabStage = Awaited<ReturnType<typeof gitlabStage>>;

/** Two of three users of GitLab are known here, by their identity, and hold their name. */
async function seed(
  folder: string,
  users: readonly { readonly id: number; readonly username: string }[],
): Promise<void> {
  const records = new Map<Key, Json>();
  const common = { v: 1, revision: 1, createdAt: "2026-01-01T00:00:00.000Z" };
  for (const { id, username } of users) {
    if (id % 3 === 0 || username === "root") continue;
    const owner = `per-${String(id).padStart(8, "0")}`;
    records.set(`person/${owner}`, {
      ...common,
      v: 2,
      kind: "person",
      id: owner,
      name: username,
      role: "member",
      identities: [{ issuer: ISSUER, subject: String(id) }],
    });
    records.set(`label/${username}`, { ...common, kind: "label", id: username, owner });
  }
  const store = await openLevelStore(folder);
  const { position } = await store.load();
  await store.replace(position, records, { type: "seeded" });
  await store.close();
}
