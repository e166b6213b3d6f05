import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { adminPages } from "./admin-pages.ts";
import { buckets } from "./buckets.ts";
import { changes } from "./changes.ts";
import { databases } from "./databases.ts";
import { gitlabPages } from "./gitlab-pages.ts";
import { growth } from "./growth.ts";
import { live } from "./live.ts";
import { namespaces } from "./namespaces.ts";
import { pages } from "./pages.ts";
import { poll } from "./poll.ts";
import { processFigures } from "./process-figures.ts";
import { replicas } from "./replicas.ts";
import { scale } from "./scale.ts";
import { format, type Row } from "./table.ts";
import { writes } from "./writes.ts";

const benches = [
  processFigures,
  poll,
  live,
  writes,
  changes,
  replicas,
  scale,
  growth,
  gitlabPages,
  pages,
  adminPages,
  buckets,
  databases,
  namespaces,
];
const HELP = `npm run bench -- [NAME ...] [--quick] [--json]

Measures what the project promises, each figure beside what it is compared to, in one run.
The console is the built one: npm run build comes first.

Names: ${benches.map(({ name }) => name).join(", ")}; all without one.
--quick   fewer and shorter rounds
--json    one JSON array of rows
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `unknown: ${unknown.join(", ")}\n\n${HELP}` : HELP);
  process.exit(unknown.length > 0 ? 2 : 0);
}
const rows: Row[] = [];
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
  process.stderr.write(`${bench.name} …\n`);
  rows.push(...(await bench.run({ quick: values.quick })));
}
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else process.stdout.write(`Node ${process.version}, ${cpus().length} cores\n\n${format(rows)}\n`);
