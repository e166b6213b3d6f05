import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtMain } from "../support/built.ts";
import {
  adminToken,
  apiClient,
  cleanEnvironment,
  consoleHost,
  type ConsoleProcess,
  runCommand,
  spawnConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { openConnection } from "../support/request.ts";
import { waitFor } from "../support/wait.ts";

const DRAWN = { env: { TARDIS_BOOTSTRAP_TOKEN: "" } };

describe("the console as a process", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: ConsoleProcess | undefined;
  const within = (name: string) => join(folder.path, "data", name);
  const modeOf = async (name: string) => (await stat(within(name))).mode & 0o777;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await folder.remove();
  });

  const end = async (): Promise<number | null> => {
    running?.kill("SIGTERM");
    const ended = await running?.ended;
    running = undefined;
    return ended?.code ?? null;
  };

  it("writes a drawn first token to a file of one's own; it dies with the next admin token", async () => {
    running = await spawnConsole(folder.path, {}, DRAWN);
    const file = within("bootstrap-token");
    expect(running.stdout()).toContain(`The first admin token is in ${file}.`);
    expect(await modeOf("bootstrap-token")).toBe(0o600);
    expect((await stat(join(folder.path, "data"))).mode & 0o777).toBe(0o700);
    const drawn = (await readFile(file, "utf8")).trim();
    const api = apiClient(running.httpPort, drawn);
    expect((await api("GET", "/whoami")).body).toMatchObject({ admin: true });
    const made = await api("POST", "/tokens", { name: "second", owner: null, scopes: ["admin"] });
    expect(made.status).toBe(201);
    expect((await api("GET", "/whoami")).status).toBe(401);
    for (const secret of [drawn, made.body.secret]) {
      expect(running.stdout() + running.stderr()).not.toContain(secret);
    }
    expect(await end()).toBe(0);
    running = await spawnConsole(folder.path, {}, DRAWN);
    expect(running.stdout()).toBe("");
  });

  it("shows a drawn first token on a terminal, and keeps it in no file", async () => {
    const config = writeConfig(folder.path);
    const main = await builtMain();
    // Python's pty is a terminal that is everywhere.
    const script = "import pty, sys; pty.spawn(sys.argv[1:])";
    const child = spawn("python3", ["-c", script, process.execPath, main, "-c", config], {
      stdio: ["pipe", "pipe", "inherit"],
      env: cleanEnvironment(),
    });
    const closed = once(child, "close");
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    try {
      await waitFor(() => out.includes("tardis-console runs"), {
        describe: () => `it to run: ${out}`,
      });
      expect(out).toMatch(/shown this once:\s+tardis_[\w-]{43}\s/);
      await expect(stat(within("bootstrap-token"))).rejects.toThrow("ENOENT");
      // Control-C, as a terminal sends it.
      child.stdin.write("\u0003");
      await waitFor(() => out.includes("tardis-console ended"), { describe: "it to end" });
    } finally {
      child.stdin.end();
      child.kill();
      await closed;
    }
  });

  it("takes the first token from the environment or a file, and in place of a drawn one", async () => {
    running = await spawnConsole(folder.path, {}, DRAWN);
    const drawn = (await readFile(within("bootstrap-token"), "utf8")).trim();
    await end();
    const file = join(folder.path, "secret");
    await writeFile(file, "a-token-of-the-operators-own\n", { mode: 0o600 });
    const env = { TARDIS_BOOTSTRAP_TOKEN: undefined, TARDIS_BOOTSTRAP_TOKEN_FILE: file };
    running = await spawnConsole(folder.path, {}, { env });
    const status = async (token: string) =>
      (await apiClient(running!.httpPort, token)("GET", "/whoami")).status;
    expect(await status("a-token-of-the-operators-own")).toBe(200);
    expect(await status(drawn)).toBe(401);
    await end();
    running = await spawnConsole(folder.path);
    expect(running.stderr()).toContain("the bootstrap token of the environment is not used");
    expect(await status(adminToken)).toBe(401);
    expect(running.stdout() + running.stderr()).not.toContain(adminToken);
  });

  it("refuses a first token that is too short, or a file that is not there", async () => {
    const config = ["-c", writeConfig(folder.path)];
    const short = await runCommand(config, { env: { TARDIS_BOOTSTRAP_TOKEN: "short" } });
    expect(short).toMatchObject({ code: 2, stdout: "" });
    expect(short.stderr).toMatch(/^TARDIS_BOOTSTRAP_TOKEN: must be at least 16 .*\n$/);
    const missing = await runCommand(config, { env: { TARDIS_BOOTSTRAP_TOKEN_FILE: "/none" } });
    expect(missing.stderr).toMatch(/^TARDIS_BOOTSTRAP_TOKEN_FILE: \/none cannot be read\n$/);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "ends by %s within 5 s, with held polls and open connections",
    async (signal) => {
      running = await spawnConsole(folder.path);
      expect(await modeOf("control.sock")).toBe(0o600);
      const { httpPort, internalPort } = running;
      const held = await openConnection({ port: internalPort });
      const poll = { host: "internal", path: "/traefik/config?wait=60s&poller=a", timeout: 20_000 };
      expect((await held.send(poll)).status).toBe(200);
      const answered = held.send(poll);
      const idle = await openConnection({ port: httpPort });
      expect((await idle.send({ host: consoleHost })).status).toBe(303);
      const half = await openConnection({ port: httpPort });
      half.socket.on("error", () => undefined);
      half.socket.write(
        `POST /api/v1/persons HTTP/1.1\r\nHost: ${consoleHost}\r\nContent-Length: 99\r\n`,
      );
      const metrics = await fetch(`http://127.0.0.1:${internalPort}/metrics`);
      expect(await metrics.text()).toContain("tardis_polls_held 1");

      const start = performance.now();
      running.kill(signal);
      expect((await answered).status).toBe(200);
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - start).toBeLessThan(5_000);
      expect(running.stderr()).toContain("tardis-console ended");
      await expect(stat(within("control.sock"))).rejects.toThrow("ENOENT");
      for (const connection of [held, idle, half]) connection.close();
    },
  );

  it("ends at once by a second signal", async () => {
    running = await spawnConsole(folder.path);
    const half = await openConnection({ port: running.httpPort });
    half.socket.on("error", () => undefined);
    half.socket.write(`GET / HTTP/1.1\r\nHost: ${consoleHost}\r\n`);
    running.kill("SIGTERM");
    const closed = (port: number) =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => false,
        () => true,
      );
    await waitFor(() => closed(running!.internalPort), { describe: "it to close" });
    const start = performance.now();
    running.kill("SIGTERM");
    expect(await running.ended).toEqual({ code: 130, signal: null });
    expect(performance.now() - start).toBeLessThan(1_000);
    half.close();
  });

  it("refuses a data folder that another console has, and leaves that one alone", async () => {
    running = await spawnConsole(folder.path);
    const second = await runCommand(["-c", join(folder.path, "tardis.yaml"), "start"]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toMatch(/^Another process has the store in \S+ open\. .*\n$/);
    const listed = await runCommand(["-c", join(folder.path, "tardis.yaml"), "endpoint", "list"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses a port that is taken, and a folder that cannot be made", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const start = (settings: object) => runCommand(["-c", writeConfig(folder.path, settings)]);
    const taken = await start({ http: { port } });
    const said = (who: string) =>
      `The ${who} listener cannot have 127.0.0.1:${port}: the port is taken by another process.\n`;
    expect(taken).toMatchObject({ code: 1, stdout: "", stderr: said("public") });
    const internal = await start({ internal: { port } });
    expect(internal).toMatchObject({ code: 1, stdout: "", stderr: said("internal") });
    other.close();
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const folderless = await start({ data: join(file, "data") });
    expect(folderless).toMatchObject({ code: 1, stdout: "" });
    expect(folderless.stderr).toMatch(/^The data folder \S+ cannot be made: .*\n$/);
  });

  it("copes with the control socket of a killed server", async () => {
    running = await spawnConsole(folder.path);
    await running.stop();
    expect((await stat(within("control.sock"))).isSocket()).toBe(true);
    const alone = await runCommand([
      "-c",
      join(folder.path, "tardis.yaml"),
      "person",
      "add",
      "alice",
    ]);
    expect(alone).toMatchObject({ code: 0, stderr: "" });
    running = await spawnConsole(folder.path);
    const beside = await runCommand([
      "-c",
      join(folder.path, "tardis.yaml"),
      "person",
      "add",
      "bob",
    ]);
    expect(beside).toMatchObject({ code: 0, stderr: "" });
    expect((await apiClient(running.httpPort)("GET", "/persons/alice")).status).toBe(200);
  });

  it("tells a health check whether it is ready", async () => {
    running = await spawnConsole(folder.path);
    const { internalPort } = running;
    const check = (port: number) =>
      runCommand(["-c", join(folder.path, "tardis.yaml"), "healthcheck"], {
        env: { TARDIS_INTERNAL__PORT: String(port) },
      });
    expect(await check(internalPort)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    await end();
    const down = await check(internalPort);
    expect(down).toMatchObject({ code: 1, stderr: "the console is not ready (no answer)\n" });
  });

  it("never writes a secret to its log, at level debug", async () => {
    const provider = "the-provider-token-0123456789";
    running = await spawnConsole(folder.path, {
      log: { level: "debug" },
      internal: { port: 0, token: provider },
    });
    const api = apiClient(running.httpPort);
    const made = await api("POST", "/tokens", { name: "x", owner: null, scopes: ["read"] });
    const secrets = [adminToken, provider, made.body.secret as string, "tardis_wrong-token"];
    await apiClient(running.httpPort, "tardis_wrong-token")("GET", "/whoami");
    await api("POST", "/tokens", { name: adminToken, owner: adminToken, scopes: ["read"] });
    await api("GET", `/persons/${adminToken}?${adminToken}`);
    const config = `http://127.0.0.1:${running.internalPort}/traefik/config`;
    expect((await fetch(config)).status).toBe(401);
    const headers = { Authorization: `Bearer ${provider}` };
    expect((await fetch(config, { headers })).status).toBe(200);
    const args = ["-c", join(folder.path, "tardis.yaml"), "token", "create", "--json"];
    secrets.push((await runCommand(args)).json().secret);
    const { stdout, stderr } = running;
    await end();
    for (const secret of secrets) expect(stdout() + stderr()).not.toContain(secret);
    // Nor are the secrets that it drew anywhere in its files: only their hashes.
    for (const secret of secrets.filter((text) => /^tardis_.{43}$/.test(text))) {
      const found = spawnSync("grep", ["-rlaF", secret, folder.path], { encoding: "utf8" });
      expect(found).toMatchObject({ status: 1, stdout: "" });
    }
  });
});
