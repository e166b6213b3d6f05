import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "minio";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { findService } from "../../scripts/services/find.ts";
import { examples } from "../../src/buckets/snippets.ts";
import {
  type MustClient,
  mustClient,
  runCommand,
  startTestConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { expectPollsWhileFrozen } from "../support/frozen.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CLIENTS = ["mc", "aws", "rclone"] as const;

describeWithService("minio", "a console with buckets", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: MinioServer;
  let running: RunningConsole;
  let must: MustClient;
  let config: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startMinio();
    const { url, accessKey, secretKey } = server;
    const settings = { buckets: { enabled: true, url, accessKey, secretKey } };
    config = writeConfig(folder.path, settings);
    running = await startTestConsole(folder.path, settings);
    must = mustClient(running.httpPort);
    await must("POST", "/persons", { username: "alice" });
  }, 90_000);
  afterAll(async () => {
    server?.signal("SIGCONT");
    await running?.close();
    await server?.destroy();
    await folder?.remove();
  });

  const rootClient = () =>
    new Client({
      endPoint: "127.0.0.1",
      port: server.port,
      useSSL: false,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      region: "us-east-1",
    });
  const contentOf = async (bucket: string, name: string) => {
    let text = "";
    for await (const chunk of await rootClient().getObject(bucket, name)) text += String(chunk);
    return text;
  };
  const command = (...args: string[]) => runCommand(["-c", config, ...args]);

  it("gives a bucket and a key that work, and a client's set-up", async () => {
    const bucket = await must("POST", "/buckets", { owner: "alice", name: "files" });
    expect(bucket.standing).toMatchObject({ state: "ready", why: null });
    const made = { owner: "alice", name: "laptop", access: "write" };
    const { accessKey, secretKey, snippets } = await must("POST", "/bucket-keys", made);
    expect(snippets.rclone).toContain(`secret_access_key = ${secretKey}`);
    const { hostname, port } = new URL(server.url);
    const client = new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey,
      secretKey,
      region: "us-east-1",
    });
    await client.putObject(bucket.name, "hello", "world");
    expect((await client.listBuckets()).map(({ name }) => name)).toEqual([bucket.name]);
    await must("POST", "/persons/alice/suspend", { reason: "x" });
    await expect(client.listBuckets()).rejects.toThrow();
    await must("POST", "/persons/alice/resume");
    await client.statObject(bucket.name, "hello");
  });

  describeWithService(CLIENTS, "set up as is shown with a key, pasted as it is,", () => {
    it.each(CLIENTS)(
      "%s puts a file into a bucket",
      async (client) => {
        const bucket = await must("POST", "/buckets", { owner: "alice", name: `for-${client}` });
        const made = { owner: "alice", name: client, access: "write", buckets: [bucket.id] };
        const { snippets } = await must("POST", "/bucket-keys", made);
        const home = join(folder.path, `home-${client}`);
        await mkdir(home, { recursive: true });
        await writeFile(join(home, "photo.jpg"), "a picture");
        const env = {
          PATH: `${dirname(findService(client) ?? "")}:${process.env["PATH"]}`,
          HOME: home,
          RCLONE_CONFIG: join(home, "rclone"),
        };
        // What is in the file of rclone's is no command.
        if (client === "rclone") await writeFile(env.RCLONE_CONFIG, snippets.rclone);
        const setUp = client === "rclone" ? "true" : snippets[client];
        const name = /^mc alias set (\S+) /.exec(snippets.mc)?.[1] ?? "";
        const script = `${setUp}\ncd ${home}\n${examples(name, bucket.name)[client]}`;
        await promisify(execFile)("sh", ["-ec", script], { env });
        expect(await contentOf(bucket.name, "photo.jpg")).toBe("a picture");
      },
      60_000,
    );
  });

  it("makes, deletes and gives back buckets and keys at the command line", async () => {
    const made = await command("buckets", "create", "alice", "cli", "--gigabytes", "2", "--json");
    expect(made.json()).toMatchObject({ name: "alice.cli", standing: { state: "ready" } });
    const missing = await command("buckets", "delete", "alice.no-such");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("no bucket") });
    const gone = await command("buckets", "delete", "alice.cli");
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining("had back until") });
    const back = await command("buckets", "restore", "alice.cli");
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining("alice's again") });
    const key = await command("buckets", "key", "create", "alice", "cli", "--bucket", "alice.cli");
    const [, id = ""] = /\(key (bkey-\S+);/.exec(key.stdout) ?? [];
    const secret = /secret key: (\S+)/.exec(key.stdout)?.[1] ?? "";
    expect(secret).toHaveLength(43);
    const rotated = await command("buckets", "key", "rotate", id);
    expect(rotated.stdout).not.toContain(secret);
    const listed = await command("buckets", "key", "list", "--owner", "alice");
    expect(listed.stdout).toMatch(/cli +alice +write +ready/);
    expect(listed.stdout).not.toContain(secret);
    expect(await command("buckets", "key", "revoke", id)).toMatchObject({ code: 0 });
    expect((await command("buckets", "key", "list")).stdout).not.toContain(id);
  }, 90_000);

  it("takes over at the command line what was there before, with what is in it", async () => {
    const root = rootClient();
    await root.makeBucket("attic");
    await root.putObject("attic", "letter", "old");
    const found = await waitFor(
      async () => {
        const { stdout } = await command("buckets", "adoptable");
        return /^attic +\d+ +\d+ +\d{4}-/m.test(stdout) && stdout;
      },
      { timeout: 60_000, describe: "the bucket to be listed" },
    );
    expect(found).not.toContain("alice.");
    const adopt = ["buckets", "adopt", "attic", "--owner", "alice", "--gigabytes", "1"];
    const { result } = (await command(...adopt, "--dry-run", "--json")).json();
    await root.setBucketLifecycle("attic", {
      Rule: [{ ID: "week", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 7 } }],
    });
    const moved = await command(...adopt, "--yes", "--seen", result.seen);
    expect(moved).toMatchObject({ code: 1, stdout: "" });
    expect(moved.stderr).toContain("not as it was when you looked at it");
    const dry = await command(...adopt, "--dry-run");
    expect(dry.stdout).toContain("  objects are deleted: never by themselves\n  may hold: 1 GB\n");
    expect(dry.stdout).toContain("  removed lifecycle rules that were not the console's");
    const done = await command(...adopt, "--yes");
    expect(done.stdout).toMatch(/^attic \(bkt-\w+\) is alice's now: ready\n$/);
    expect(await contentOf("attic", "letter")).toBe("old");
  }, 120_000);

  it("shows at the command line what there is, and whether it is right", async () => {
    const list = await command("buckets", "list");
    expect(list).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/alice\.files +alice +ready/),
    });
    const check = await command("buckets", "check");
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining("MinIO answers") });
    await server.kill();
    const away = await command("buckets", "check", "--json");
    expect(away.code).toBe(1);
    expect(away.json()).toMatchObject({ ok: false });
    await server.start();
    await waitFor(async () => (await command("buckets", "check")).code === 0, {
      timeout: 60_000,
      describe: "the storage to be found again",
    });
  }, 90_000);

  it("answers polls as fast while the storage is frozen and everybody asks for it", async () => {
    await expectPollsWhileFrozen({
      internalPort: running.internalPort,
      must,
      signal: (signal) => server.signal(signal),
      things: "/buckets",
      nameOf: (at) => `frozen-${at}`,
      why: /answer/,
    });
  }, 150_000);
});
