import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { mustClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService("redis", "the logs of two consoles on one Redis", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: RedisServer;
  let consoles: RunningConsole[];
  let lines: string[][];

  beforeEach(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    consoles = [];
    lines = [[], []];
    for (const [at, kept] of lines.entries()) {
      const settings = {
        store: "redis",
        redis: { url: `redis://127.0.0.1:${redis.port}` },
        data: join(folder.path, String(at)),
      };
      const log = pino({ level: "info" }, { write: (line: string) => void kept.push(line) });
      consoles.push(await startTestConsole(folder.path, settings, { log }));
    }
  });
  afterEach(async () => {
    await Promise.all(consoles.map((each) => each.close()));
    await redis.destroy();
    await folder.remove();
  });

  it("have a copy of each event and its link, so that a history that was altered does not match", async () => {
    const [first, second] = consoles as [RunningConsole, RunningConsole];
    const must = mustClient(first.httpPort);
    await must("POST", "/persons", { username: "alice" });
    const { secret } = await must("POST", "/tokens", {
      owner: "alice",
      name: "t",
      scopes: ["read"],
    });
    await must("POST", "/endpoints", { owner: "alice", target: "http://127.0.0.1:9000" });
    const { position, store } = first.core.requireLedger();
    await waitFor(() => second.core.requireLedger().position.commit === position.commit, {
      describe: "the other console to follow",
    });
    const history = await store.history({ after: position.revision - 3, limit: 10 });
    expect(history).toHaveLength(3);
    const expected: unknown[] = history.map(({ revision, commit, event }) => ({
      audit: { revision, commit, type: event["type"], actor: event["actor"] },
      msg: event["summary"],
    }));
    for (const kept of lines) {
      const copies = kept
        .map((line) => JSON.parse(line) as { msg: string; audit?: object })
        .filter(({ audit }) => audit !== undefined);
      expect(copies.slice(-3).map(({ audit, msg }) => ({ audit, msg }))).toEqual(expected);
      expect(kept.join("")).not.toContain(secret);
    }
  });
});
