import { createServer, request as httpRequest, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { closeServer, listen } from "../../src/listeners.ts";
import { apiClient, mustClient, spawnConsole, type ConsoleProcess } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** More changes than any act asks of MinIO. */
const CALLS_MAX = 30;

describeWithService("minio", "a console's process that is killed at each change at MinIO", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: MinioServer;
  let way: Server;
  let settings: object;
  let process: ConsoleProcess;
  /** Changes until the kill; it comes when MinIO has done the last, and before its answer. */
  let left = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    [folder, server] = await Promise.all([temporaryFolder(), startMinio()]);
    way = createServer((incoming, outgoing) => {
      const { method = "GET", url = "/", headers } = incoming;
      const passed = httpRequest(
        { host: "127.0.0.1", port: server.port, method, path: url, headers },
        (answer) => {
          const isChange = method !== "GET" && method !== "HEAD";
          if (isChange && --left === 0) {
            process.kill("SIGKILL");
            answer.resume();
            return;
          }
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      passed.on("error", () => outgoing.destroy());
      incoming.pipe(passed);
    });
    const port = await listen(way, { host: "127.0.0.1", port: 0 }, "test");
    const { accessKey, secretKey } = server;
    const url = `http://127.0.0.1:${port}`;
    settings = { buckets: { enabled: true, url, accessKey, secretKey } };
    process = await spawnConsole(folder.path, settings);
    await mustClient(process.httpPort)("POST", "/persons", { username: "alice" });
  }, 120_000);
  afterAll(async () => {
    await process?.stop();
    if (way !== undefined) await closeServer(way);
    await server?.destroy();
    await folder?.remove();
  });

  /**
   * Asks for something, killed at the first change, the second, and so on until it is answered; after
   * each kill another process takes over.
   * @returns how many kills there were
   */
  async function eachChange(
    ask: (at: number) => readonly [path: string, body: object],
    check: (at: number) => Promise<unknown>,
  ): Promise<number> {
    for (let at = 1; at < CALLS_MAX; at++) {
      left = at;
      const answer = await apiClient(process.httpPort)("POST", ...ask(at)).catch(() => undefined);
      left = Number.POSITIVE_INFINITY;
      if (answer !== undefined) {
        expect(answer.status).toBe(201);
        return at - 1;
      }
      await process.ended;
      process = await spawnConsole(folder.path, settings);
      await waitFor(() => check(at), { timeout: 60_000, describe: "it to be put right" });
      const status = await mustClient(process.httpPort)("GET", "/buckets/status");
      expect(status).toMatchObject({ ok: true });
    }
    throw new Error("it does not end");
  }

  it("a bucket that was asked for is made by the next one", async () => {
    const kills = await eachChange(
      (at) => ["/buckets", { owner: "alice", name: `b${at}`, publicRead: true, gigabytes: 1 }],
      async (at) => {
        const { items } = await mustClient(process.httpPort)("GET", "/buckets");
        const found = items.find(({ name }: { name: string }) => name === `alice.b${at}`);
        return found?.standing.state === "ready";
      },
    );
    expect(kills).toBeGreaterThan(2);
  }, 240_000);

  it("a key that nobody was given is taken away by the next one", async () => {
    const kills = await eachChange(
      () => ["/bucket-keys", { owner: "alice", name: "key", access: "write" }],
      async () => {
        const { items } = await mustClient(process.httpPort)("GET", "/bucket-keys");
        return items.length === 0;
      },
    );
    expect(kills).toBeGreaterThan(2);
  }, 240_000);

  it("what is changed by hand while no console runs is put right, and told", async () => {
    const { url, accessKey, secretKey } = server;
    const admin = new MinioAdmin({
      url,
      region: "us-east-1",
      credentials: { accessKey, secretKey },
    });
    const must = mustClient(process.httpPort);
    const { id, name } = await must("POST", "/buckets", { owner: "alice", name: "drift" });
    await process.stop();
    await admin.setBucketQuota(name, 1_000_000, AbortSignal.timeout(10_000));
    process = await spawnConsole(folder.path, settings);
    const repairs = async () =>
      (await mustClient(process.httpPort)("GET", `/buckets/${id}`)).standing.repaired;
    await waitFor(async () => (await repairs()).length > 0, {
      timeout: 30_000,
      describe: "it to be put right",
    });
    expect(await repairs()).toMatchObject([{ what: "set how much it may hold" }]);
    admin.close();
  }, 60_000);
});
