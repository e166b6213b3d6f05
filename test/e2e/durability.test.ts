import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Backend, type Echo, startBackend } from "../support/backends.ts";
import {
  apiClient,
  type ConsoleProcess,
  mustClient,
  runCommand,
  spawnConsole,
  zone,
} from "../support/console.ts";
import { CrashClient } from "../support/crash-client.ts";
import { temporaryFolder } from "../support/folder.ts";
import { withFreePorts } from "../support/ports.ts";
import { randomOf } from "../support/random.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";
import { waitFor } from "../support/wait.ts";

const ROUNDS = Number(process.env["TARDIS_CRASH_ROUNDS"] ?? 10);
const SEED = Number(process.env["TARDIS_SEED"] ?? 1);
const CLIENTS = 4;

describeWithService("traefik", "a console killed again and again under a polling Traefik", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let backend: Backend;
  let traefik: Traefik;
  let settings: object;
  let running: ConsoleProcess;

  beforeAll(async () => {
    folder = await temporaryFolder();
    backend = await startBackend("stable");
    await withFreePorts(5, async ([http = 0, internal = 0, web = 0, websecure = 0, api = 0]) => {
      settings = { http: { port: http }, internal: { port: internal } };
      running = await spawnConsole(folder.path, settings);
      traefik = await startTraefik({
        ports: { web, websecure, api },
        provider: { url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=crash` },
        certs: [{ names: [zone, `*.${zone}`] }],
      });
    });
  });

  afterAll(async () => {
    await running?.stop();
    await traefik?.stop();
    await backend?.close();
    await folder?.remove();
  });

  const askStable = async (): Promise<string> => {
    const answer = await request({ port: traefik.httpsPort, host: `stable.${zone}`, tls: {} });
    return answer.status === 200 ? answer.json<Echo>().name : `status ${answer.status}`;
  };
  const documentOf = async () =>
    (await fetch(`http://127.0.0.1:${running.internalPort}/traefik/config?format=json`)).text();

  it(
    "keeps every acknowledged change, none by half, and never answers wrongly",
    async () => {
      const must = mustClient(running.httpPort);
      await must("POST", "/persons", { username: "stable" });
      await must("POST", "/endpoints", { owner: "stable", target: backend.url });
      await traefik.waitUntil(async () => (await askStable()) === "stable", "the stable route");
      const clients = Array.from({ length: CLIENTS }, (_, n) => new CrashClient(`c${n}`));
      for (const client of clients) await client.begin(must);

      let asked = 0;
      let stopped = false;
      const wrong: string[] = [];
      const prober = (async () => {
        while (!stopped) {
          const answer = await askStable().catch(String);
          asked++;
          if (answer !== "stable") wrong.push(answer);
          // Often enough to see a gap of one poll, and the machine is left to the rest.
          await delay(20);
        }
      })();

      const random = randomOf(SEED);
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const api = apiClient(running.httpPort);
          const before = clients.reduce((sum, client) => sum + client.acknowledged, 0);
          const writing = Promise.all(clients.map((client) => client.write(api)));
          // The moment of the kill is what is random here.
          const enough = 1 + random(40);
          await waitFor(
            () => clients.reduce((sum, client) => sum + client.acknowledged, 0) - before > enough,
            { describe: "acknowledged changes" },
          );
          running.kill("SIGKILL");
          await Promise.all([running.ended, writing]);

          running = await spawnConsole(folder.path, settings);
          const again = apiClient(running.httpPort);
          for (const client of clients) await client.check(again);
          const { http } = JSON.parse(await documentOf()) as { http: { routers: object } };
          const routed = Object.keys(http.routers).filter((name) => name.startsWith("endpoint-"));
          const expected = clients.flatMap((client) => client.endpointIds());
          expect(routed.length).toBe(expected.length + 1);
          for (const id of expected) expect(routed).toContain(`endpoint-${id}`);
        }
      } finally {
        stopped = true;
        await prober;
      }
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(ROUNDS);
      const revisions = clients.flatMap((client) => client.revisions);
      expect(new Set(revisions).size, "each revision is given once").toBe(revisions.length);
      const total = clients.reduce((sum, client) => sum + client.acknowledged, 0);
      console.info(`${ROUNDS} kills, ${total} acknowledged changes, ${asked} requests answered`);
    },
    40_000 + ROUNDS * 5_000,
  );

  it("serves exactly what its state renders", async () => {
    const served = await documentOf();
    const file = join(folder.path, "tardis.yaml");
    const exported = await runCommand(["--config", file, "export"]);
    const path = join(folder.path, "export.json");
    await writeFile(path, exported.stdout);
    const rendered = await runCommand(["--config", file, "render", path]);
    expect(rendered).toMatchObject({ code: 0, stderr: "" });
    expect(`${served}\n`).toBe(rendered.stdout);
    expect(await askStable()).toBe("stable");
  });
});
