import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { progress } from "../src/cli/output.ts";
import { ConfigError, formatProblem, loadConfig, type Config } from "../src/config.ts";
import { rulesFrom } from "../src/domain/rules.ts";
import { openStore } from "../src/store/open.ts";
import { stateFrom } from "../src/store/stored-state.ts";
import type { Json, Key } from "../src/store/store.ts";
import { exportState, formatExport } from "../src/transfer/export.ts";
import { believableHost } from "./loadgen/host.ts";

const help = `Writes a believable host of many members into a store, to look at and to measure.

Usage: npm run loadgen -- --members N [options]

Options:
  --members N      how many persons; groups, endpoints and pages come with them
  --endpoints N    at least so many endpoints in all (default: what such members have)
  --seed N         the same seed gives the same host (default: 1)
  --network A.B    what the addresses of targets begin with (default: 127.0)
  --config FILE    the console's configuration, which names the store (or TARDIS_CONFIG)
  --data DIR       the data folder, in place of the configuration's
  --output FILE    write an export there instead of into the store
  --force          replace what is in the store; without it only an empty one is written
  --json           print the outcome as JSON
  --help           show this text

The console must not run on an embedded store meanwhile. One that runs on Redis takes it up by itself.
`;

const options = {
  members: { type: "string" },
  endpoints: { type: "string" },
  seed: { type: "string", default: "1" },
  network: { type: "string", default: "127.0" },
  config: { type: "string" },
  data: { type: "string" },
  output: { type: "string" },
  force: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

class UsageError extends Error {}

const MEMBERS_MAX = 1_000_000;

function whole(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number <= max) return number;
  throw new UsageError(`--${name} is a whole number up to ${max}, not "${text}"`);
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const members = whole("members", values.members, MEMBERS_MAX);
  if (members === undefined) throw new UsageError("--members is missing: how many persons?");
  if (!/^(?:\d{1,3})\.(?:\d{1,3})$/.test(values.network)) {
    throw new UsageError(`--network is like 127.0 or 10.30, not "${values.network}"`);
  }
  const env = {
    ...process.env,
    ...(values.data === undefined ? {} : { TARDIS_DATA: values.data }),
  };
  const config = loadConfig({ file: values.config, env });
  const records = believableHost({
    members,
    endpoints: whole("endpoints", values.endpoints, 10_000_000),
    seed: whole("seed", values.seed, 2 ** 31) ?? 1,
    zone: config.zone,
    network: values.network,
    reserved: rulesFrom(config).reserved,
    now: new Date(),
  });
  const place =
    values.output === undefined
      ? await intoStore(config, records, values)
      : await intoFile(config, records, values.output);
  const counts = countOf(records);
  if (values.json) console.log(JSON.stringify({ ...counts, place }));
  else {
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${list.join(", ")}: written ${place}.`);
  }
}

async function intoStore(
  config: Config,
  records: ReadonlyMap<Key, Json>,
  { force, json }: { force: boolean; json: boolean },
): Promise<string> {
  const { store, close } = await openStore(config, { report: (line) => console.error(line) });
  try {
    const { position, entities } = await store.load();
    if (entities.size > 0 && !force) {
      throw new Error(
        `The store ${store.place} holds ${entities.size} records already; --force replaces them.`,
      );
    }
    const show = progress("written", { json });
    await store.replace(position, records, eventOf(records.size), {
      onProgress: (staged) => show(staged, records.size),
    });
    return store.place;
  } finally {
    await close();
  }
}

function eventOf(records: number) {
  return {
    v: 1,
    at: new Date().toISOString(),
    type: "loadgen",
    summary: `a made-up host of ${records} records was put in`,
    owners: [],
    actor: { name: "loadgen", owner: null, token: null },
    changes: [],
  };
}

async function intoFile(
  config: Config,
  records: ReadonlyMap<Key, Json>,
  file: string,
): Promise<string> {
  const position = { lineage: "", revision: 1, commit: "" };
  const { state } = stateFrom({ position, entities: records });
  const text = formatExport(exportState(state, new Map(), config.zone, new Date()));
  await writeFile(file, text, { mode: 0o600 });
  return `to ${file}`;
}

/** How many of each kind, in plain words. */
function countOf(records: ReadonlyMap<Key, Json>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of records.keys()) {
    const kind = `${key.slice(0, key.indexOf("/"))}s`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const wrongUse =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  if (error instanceof ConfigError) console.error(error.problems.map(formatProblem).join("\n"));
  else console.error(error instanceof Error ? error.message : String(error));
  if (wrongUse) console.error("See npm run loadgen -- --help");
  process.exitCode = wrongUse ? 2 : 1;
}
