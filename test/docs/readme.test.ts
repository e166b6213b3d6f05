import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type RunningConsole, startConsole } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/observability/log.ts";
import { temporaryFolder } from "../support/folder.ts";

const run = promisify(execFile);
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The code of a section, block by block. */
function blocksOf(heading: string, language: string): string[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const blocks = section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"));
  return [...blocks].map(([, block = ""]) => block);
}

describe("README.md", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let console: RunningConsole;
  let token = "";

  beforeAll(async () => {
    folder = await temporaryFolder();
    const ports = { TARDIS_HTTP__PORT: "0", TARDIS_INTERNAL__PORT: "0" };
    console = await startConsole(loadConfig({ env: ports, cwd: folder.path }), {
      log: silentLog,
      onBootstrapToken: (secret) => {
        token = secret;
      },
    });
  });

  afterAll(async () => {
    await console?.close();
    await folder.remove();
  });

  it("has lines for its first screen that work as they are pasted", async () => {
    const [, , lines = ""] = blocksOf("Try it", "sh");
    const script = lines
      .replaceAll("localhost:8080", `localhost:${console.httpPort}`)
      .replaceAll("127.0.0.1:8081", `127.0.0.1:${console.internalPort}`);
    const { stdout } = await run("sh", ["-euc", script], { env: { ...process.env, TOKEN: token } });
    expect(stdout).toContain('"username":"alice"');
    expect(stdout).toContain('"url":"https://alice.localhost/wiki"');
    expect(stdout).toContain("Host(`alice.localhost`)");
    expect(stdout).toContain("http://127.0.0.1:9000");
  });

  it("shows the token in the form that it has", () => {
    const [, assignment = ""] = blocksOf("Try it", "sh");
    const prefix = /TOKEN=(\w+_)/.exec(assignment)?.[1] ?? "?";
    expect(token.startsWith(prefix)).toBe(true);
  });

  it("lets Traefik poll just as examples/compose does", () => {
    const [shown = ""] = blocksOf("Run it", "yaml");
    const example = new URL("../../examples/compose/traefik.yaml", import.meta.url);
    const { providers } = parse(readFileSync(example, "utf8")) as {
      providers: { file: object; http: { endpoint: string; headers?: object } };
    };
    // There, its own entry point leads to the two consoles.
    const { file: _consoles, http: polling, ...rest } = providers;
    const { headers: _token, ...http } = polling;
    const endpoint = http.endpoint.replace(":8083/", ":8081/");
    expect(parse(shown)).toEqual({ providers: { ...rest, http: { ...http, endpoint } } });
  });
});
