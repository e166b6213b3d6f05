import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { apiClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { mountSmallDisk, whyNoSmallDisk } from "../support/small-disk.ts";
import { waitFor } from "../support/wait.ts";

const noMount = await whyNoSmallDisk();
const MB = 1024 * 1024;

describe("a console whose disk is full", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let data: string;
  let ballast: string;
  let unmount: (() => Promise<void>) | undefined;
  let running: RunningConsole | undefined;

  beforeEach(async (context) => {
    context.skip(noMount !== undefined, noMount);
    folder = await temporaryFolder();
    data = join(folder.path, "data");
    ballast = join(data, "ballast");
    unmount = await mountSmallDisk(data, "4m");
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    await unmount?.();
    unmount = undefined;
    await folder?.remove();
  });

  const poll = async () => {
    const url = `http://127.0.0.1:${running!.internalPort}/traefik/config`;
    const response = await fetch(url);
    const { http } = (await response.json()) as { http: { routers: object } };
    const count = Object.keys(http.routers).filter((name) => name.startsWith("endpoint-")).length;
    return { status: response.status, count };
  };
  const problems = async () => {
    const response = await fetch(`http://127.0.0.1:${running!.internalPort}/readyz`);
    const { problems: told } = (await response.json()) as { problems: string[] };
    return { status: response.status, told: told.join(" ") };
  };

  it("refuses changes with the reason, goes on serving, and takes changes again by itself", async () => {
    running = await startTestConsole(folder.path);
    const api = apiClient(running.httpPort);
    await api("POST", "/persons", { username: "alice" });
    await writeFile(ballast, Buffer.alloc(3.4 * MB));
    const create = (n: number) =>
      api("POST", "/endpoints", { owner: "alice", path: `/${n}`, target: "http://127.0.0.1:9" });
    const stored: string[] = [];
    let refused;
    for (let n = 0; n < 5_000 && refused === undefined; n++) {
      const answer = await create(n);
      if (answer.status === 201) stored.push(answer.body.id);
      else refused = answer;
    }
    expect(stored.length).toBeGreaterThan(5);
    expect(refused?.status).toBe(503);
    expect(refused?.headers.get("content-type")).toBe("application/problem+json");
    expect(refused?.headers.get("retry-after")).toBe("5");
    expect(refused?.body).toMatchObject({ code: "unavailable", status: 503 });
    expect(refused?.body.detail).toMatch(/cannot be written now/);
    // Members read no paths of the machine; operators do.
    expect(refused?.body.detail).not.toContain(data);
    expect((await problems()).told).toMatch(/No space left/);
    expect((await problems()).status).toBe(200);
    expect(await poll()).toEqual({ status: 200, count: stored.length });
    expect((await api("GET", "/endpoints")).status).toBe(200);
    expect((await create(9_000)).status).toBe(503);

    await rm(ballast);
    const late = await waitFor(
      async () => {
        const answer = await create(10_000);
        return answer.status === 201 ? (answer.body.id as string) : undefined;
      },
      { describe: "changes to be taken again" },
    );
    const metrics = () => fetch(`http://127.0.0.1:${running!.internalPort}/metrics`);
    await waitFor(async () => (await (await metrics()).text()).includes("store_writable 1"), {
      describe: "the metric to say so",
    });
    expect((await problems()).told).toBe("");

    await running.close();
    running = await startTestConsole(folder.path);
    expect(running.core.fault).toBeUndefined();
    const { endpoints } = running.core.ledger!.state;
    for (const id of [...stored, late]) expect(endpoints.has(id), id).toBe(true);
    // The change without a firm answer may be there; nothing else is.
    expect(endpoints.size).toBeLessThanOrEqual(stored.length + 2);
  });

  it("starts on a full disk, and gets to work once there is space", async () => {
    await writeFile(ballast, Buffer.alloc(4 * MB)).catch(() => undefined);
    running = await startTestConsole(folder.path);
    const api = apiClient(running.httpPort);
    const answer = await api("GET", "/whoami");
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    expect(answer.body.detail).not.toContain(data);
    expect((await problems()).told).toMatch(/No space left/);
    await rm(ballast);
    await waitFor(async () => (await api("GET", "/whoami")).status === 200, {
      describe: "the console to work",
    });
    expect((await api("POST", "/persons", { username: "alice" })).status).toBe(201);
  });
});
