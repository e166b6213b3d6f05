import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("logs one JSON object a line to standard error, without secrets", async () => {
  const script = fileURLToPath(new URL("../support/log-writer.ts", import.meta.url));
  const { stdout, stderr } = await run(process.execPath, ["--import", "tsx", script]);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  const line = JSON.parse(stderr) as Record<string, unknown>;
  expect(line).toMatchObject({ level: "info", msg: "said" });
  expect(Date.parse(String(line["time"]))).not.toBeNaN();
  expect(stderr).not.toContain("hidden");
});
