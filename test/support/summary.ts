import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Names the file in which test processes note what they miss: a line is a service and a file. */
export const missingServicesVariable = "TARDIS_MISSING_SERVICES";

/** Vitest's global setup. The returned function runs after the last test. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tardis-missing-"));
  const notes = join(folder, "services");
  writeFileSync(notes, "");
  process.env[missingServicesVariable] = notes;
  return () => {
    const line = missingLine(readFileSync(notes, "utf8"));
    rmSync(folder, { recursive: true });
    if (line) console.log(`\n${line}\n`);
  };
}

/** The line for the end of a run, or undefined when nothing was missing. */
export function missingLine(notes: string): string | undefined {
  const lines = new Set(notes.split("\n").filter((line) => line !== ""));
  if (lines.size === 0) return undefined;
  const filesOf = new Map<string, string[]>();
  for (const line of [...lines].sort()) {
    const [service = "", file = ""] = line.split(/ (.*)/s);
    filesOf.set(service, [...(filesOf.get(service) ?? []), file]);
  }
  const parts = [...filesOf].map(([service, files]) => `${service} (${files.join(", ")})`);
  return `Skipped for want of a service: ${parts.join("; ")}. "npm run services" installs them.`;
}
