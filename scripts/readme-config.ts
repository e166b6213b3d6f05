import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withConfigTable } from "./docs/config-table.ts";

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const file = new URL("../README.md", import.meta.url);
const before = readFileSync(file, "utf8");
const after = withConfigTable(before);
if (values.check && before !== after) {
  console.error("README.md's configuration table is old: npm run docs:config");
  process.exitCode = 1;
} else if (before !== after) {
  writeFileSync(file, after);
}
