import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { SCOPES } from "../../src/domain/entities.ts";
import { HeadFile } from "../../src/store/head.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { openControl } from "../../src/cli/control-client.ts";
import { loadConfig } from "../../src/config.ts";
import type { RecoverPreview } from "../../src/control.ts";
import { apiClient, startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";

const ADMIN = JSON.stringify({ name: "again", owner: null, scopes: [...SCOPES] });

const ACCEPT = JSON.stringify({ kind: "accept" });
const fromExport = (text: string) => JSON.stringify({ kind: "export", text });

/** What happened to the data folder while nobody looked. */
interface Damage {
  readonly name: string;
  /** @param early a copy of the folder of before the last changes */
  readonly inflict: (data: string, early: string) => Promise<void>;
  readonly said: RegExp;
  /** How it is brought back: what `recover` is given, and whether beside the running server. */
  readonly by: "--accept" | "--from-export";
  readonly beside: boolean;
}

const damages: readonly Damage[] = [
  {
    name: "bytes flipped in the database",
    inflict: async (data) => {
      for (const file of await filesOf(join(data, "db"), /\.(log|ldb)$/)) {
        const bytes = await readFile(file);
        for (let at = 20; at < bytes.length; at += 997) bytes[at] = (bytes[at] as number) ^ 0x55;
        await writeFile(file, bytes);
      }
    },
    said: /is damaged/,
    by: "--from-export",
    beside: true,
  },
  {
    name: "files of the database deleted",
    inflict: async (data) => {
      for (const file of await filesOf(join(data, "db"), /CURRENT|MANIFEST/)) await rm(file);
    },
    said: /lost its file CURRENT/,
    by: "--accept",
    beside: true,
  },
  {
    name: "the whole database deleted",
    inflict: (data) => rm(join(data, "db"), { recursive: true }),
    said: /no database in .* revision \d+ had been acknowledged/,
    by: "--from-export",
    beside: false,
  },
  {
    name: "an older database put back",
    inflict: async (data, early) => {
      await rm(join(data, "db"), { recursive: true });
      await cp(join(early, "db"), join(data, "db"), { recursive: true });
    },
    said: /stands at revision 3, but revision 4 had been acknowledged/,
    by: "--accept",
    beside: false,
  },
  {
    name: "an older database and its head put back, the published document left",
    inflict: async (data, early) => {
      for (const name of ["db", "head"]) {
        await rm(join(data, name), { recursive: true });
        await cp(join(early, name), join(data, name), { recursive: true });
      }
    },
    said: /stands at revision 3, but revision 4 has been published/,
    by: "--accept",
    beside: true,
  },
  {
    name: "the same, recovered without a server",
    inflict: async (data, early) => {
      for (const name of ["db", "head"]) {
        await rm(join(data, name), { recursive: true });
        await cp(join(early, name), join(data, name), { recursive: true });
      }
    },
    said: /stands at revision 3, but revision 4 has been published/,
    by: "--accept",
    beside: false,
  },
  {
    name: "a head that is newer",
    inflict: async (data) => {
      const head = new HeadFile(join(data, "head"));
      const position = await head.read();
      if (position === undefined) throw new Error("there is no head");
      await head.write({ ...position, revision: position.revision + 5 });
      await head.close();
    },
    said: /but revision \d+ had been acknowledged: changes are missing/,
    by: "--accept",
    beside: false,
  },
];

async function filesOf(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder)).filter((name) => pattern.test(name)).map((n) => join(folder, n));
}

describe("a damaged data folder", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let data: string;
  let running: RunningConsole | undefined;
  let logged: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    data = join(folder.path, "data");
    logged = "";
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    await folder.remove();
  });

  const start = async (): Promise<RunningConsole> => {
    const keep = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged += chunk.toString();
        done();
      },
    });
    running = await startTestConsole(folder.path, {}, { log: pino({ level: "info" }, keep) });
    return running;
  };
  const stop = async () => {
    await running?.close();
    running = undefined;
  };
  /** What the command line would do: beside the running server, or without one. */
  const control = async <Body>(method: string, path: string, body?: string) => {
    const config = loadConfig({ file: join(folder.path, "tardis.yaml"), env: {} });
    const client = await openControl(config);
    try {
      const response = await client.request(method, path, body);
      const text = await response.text();
      return { status: response.status, live: client.live, body: JSON.parse(text) as Body };
    } finally {
      await client.close();
    }
  };
  const poll = async ({ internalPort }: RunningConsole) => {
    const response = await fetch(`http://127.0.0.1:${internalPort}/traefik/config`);
    const { status, headers } = response;
    const text = await response.text();
    // The console's own port is another one at each start here.
    const document = text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "");
    return { status, restored: headers.get("tardis-restored"), document };
  };
  const add = async ({ httpPort }: RunningConsole, path: string): Promise<number> => {
    const body = { owner: "alice", path, target: "http://127.0.0.1:9" };
    return (await apiClient(httpPort)("POST", "/endpoints", body)).status;
  };

  it.each(damages)(
    "$name: says so, serves what it served, and is brought back",
    async ({ inflict, said, by, beside }) => {
      let console = await start();
      expect(
        (await apiClient(console.httpPort)("POST", "/persons", { username: "alice" })).status,
      ).toBe(201);
      expect(await add(console, "/a")).toBe(201);
      await stop();
      const early = join(folder.path, "early");
      await cp(data, early, { recursive: true, filter: (path) => !path.endsWith(".sock") });
      console = await start();
      expect(await add(console, "/b")).toBe(201);
      const before = await poll(console);
      await stop();
      const exported = await control<{ revision: number }>("GET", "/control/export");
      const { revision } = exported.body;
      await inflict(data, early);

      // The server: it says what is wrong, serves what it served, and takes no change.
      logged = "";
      console = await start();
      const lines = logged.trim().split("\n");
      expect(lines.filter((line) => line.includes('"level":50'))).toHaveLength(1);
      expect(logged).toMatch(said);
      expect(logged).toContain("tardis-console recover");
      const during = await poll(console);
      expect(during).toMatchObject({ status: 200, restored: "true", document: before.document });
      const refused = await apiClient(console.httpPort)("GET", "/whoami");
      expect(refused.status).toBe(503);
      expect(refused.headers.get("content-type")).toBe("application/problem+json");
      expect(refused.body).toMatchObject({ status: 503, code: "unavailable" });
      expect(refused.body.detail).toMatch(/store is damaged/);
      expect(refused.body.detail).not.toContain(folder.path);
      const ready = await fetch(`http://127.0.0.1:${console.internalPort}/readyz`);
      expect(ready.status).toBe(200);
      expect(((await ready.json()) as { problems: string[] }).problems.join()).toMatch(said);
      if (!beside) await stop();

      // It may be looked at as often as one likes.
      for (const _time of [1, 2]) {
        const shown = await control<RecoverPreview>("POST", "/control/recover/preview");
        expect(shown).toMatchObject({ status: 200, live: beside });
        expect(shown.body.fault).toMatch(said);
        expect(shown.body.lastGood).toEqual({ revision });
      }
      const failed = await control<{ detail: string }>("GET", "/api/v1/endpoints");
      expect(failed.status).toBe(503);
      expect(failed.body.detail).toMatch(said);

      const given = by === "--accept" ? ACCEPT : fromExport(JSON.stringify(exported.body));
      const done = await control<{ revision: number }>("POST", "/control/recover", given);
      expect(done).toMatchObject({ status: 200, live: beside });
      expect(done.body.revision).toBeGreaterThan(revision);
      const kept = (await readdir(data)).filter((name) => name.startsWith("damaged-"));
      expect(kept.length).toBeLessThanOrEqual(1);

      // After it all is as ever, and a restart is clean.
      if (!beside) console = await start();
      // What was salvaged may have no token: the operator makes one.
      const made = await control<{ secret: string }>("POST", "/api/v1/tokens", ADMIN);
      const admin = made.body.secret;
      const api = apiClient(console.httpPort, admin);
      if (by === "--from-export") expect((await poll(console)).document).toBe(before.document);
      expect((await poll(console)).restored).toBeNull();
      expect((await api("POST", "/persons", { username: "zoe" })).status).toBe(201);
      const again = await control<RecoverPreview>("POST", "/control/recover/preview");
      expect(again.body.fault).toBeNull();
      await stop();
      logged = "";
      console = await start();
      expect(console.core.fault).toBeUndefined();
      expect((await apiClient(console.httpPort, admin)("GET", "/persons/zoe")).status).toBe(200);
      expect(logged).not.toMatch(/"level":[56]0/);
    },
    60_000,
  );

  it("recovers nothing that is sound, nor from a file that is not valid", async () => {
    await start();
    const sound = await control<{ detail: string }>("POST", "/control/recover", ACCEPT);
    expect(sound.status).toBe(409);
    expect(sound.body.detail).toBe("The store is sound; there is nothing to recover.");
    await stop();
    await rm(join(data, "db"), { recursive: true });
    const garbage = '{"format": "tardis-console/1", "persons": [{"name": "A b"}]}';
    for (const beside of [false, true]) {
      if (beside) await start();
      const refused = await control<{ detail: string }>(
        "POST",
        "/control/recover",
        fromExport(garbage),
      );
      expect(refused).toMatchObject({ status: 400, live: beside });
      expect(refused.body.detail).toContain("persons[0]");
    }
    expect(running?.core.fault?.code).toBe("store_damaged");
  });

  it("serves what a newer release wrote, and writes nothing to it", async () => {
    let console = await start();
    await apiClient(console.httpPort)("POST", "/persons", { username: "alice" });
    await add(console, "/a");
    const before = await poll(console);
    await stop();
    const store = await openLevelStore(data);
    const { position, entities } = await store.load();
    const [key, record] = [...entities].find(([name]) => name.startsWith("endpoint/"))!;
    const newer = { ...(record as object), v: 2, shine: true };
    await store.commit(position, [{ writes: [{ key, value: newer }], event: { type: "newer" } }]);
    await store.close();
    const size = await folderSize(join(data, "db"));
    console = await start();
    const after = await poll(console);
    expect(after).toMatchObject({ status: 200, restored: null, document: before.document });
    const api = apiClient(console.httpPort);
    expect((await api("GET", "/endpoints")).body.items).toHaveLength(1);
    const refused = await api("POST", "/persons", { username: "bob" });
    expect([refused.status, refused.body.code]).toEqual([503, "unavailable"]);
    expect(refused.body.detail).toContain("newer release");
    const accept = await control<{ detail: string }>("POST", "/control/recover", ACCEPT);
    expect(accept.status).toBe(409);
    expect(accept.body.detail).toContain("newer release");
    await stop();
    expect(await folderSize(join(data, "db"))).toBeLessThanOrEqual(size + 4_096);
  });

  async function folderSize(path: string): Promise<number> {
    const files = await filesOf(path, /\.(log|ldb)$/);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
});
