import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";

/** The clients of real systems, each of which takes time and memory to load. */
const CLIENTS = ["@kubernetes/client-node", "minio", "mysql2/promise", "@gitbeaker/rest"];

/** Packages, whether a console loads them in any case. */
const packages = { atOnce: new Set<string>(), ever: new Set<string>() };

beforeAll(async () => {
  const entry = fileURLToPath(new URL("../src/app.ts", import.meta.url));
  const { metafile } = await build({
    entryPoints: { app: entry },
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const outputs = new Map(Object.entries(metafile.outputs));
  const walk = (path: string, isAtOnce: boolean, seen: Set<string>) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: imported, kind, external } of outputs.get(path)?.imports ?? []) {
      const isStatic = kind === "import-statement";
      if (external === true) packages.ever.add(imported);
      if (external === true && isStatic && isAtOnce) packages.atOnce.add(imported);
      if (external !== true && (isStatic || !isAtOnce)) walk(imported, isAtOnce, seen);
    }
  };
  walk("out/app.js", true, new Set());
  walk("out/app.js", false, new Set());
});
afterAll(() => stop());

it.each(CLIENTS)("%s is loaded where its module is on, and there alone", (client) => {
  expect([...packages.ever]).toContain(client);
  expect([...packages.atOnce]).not.toContain(client);
});
