import type { Redis } from "ioredis";
import type { RedisSettings } from "./client.ts";

/** What Redis promises of a change that it has acknowledged, and what is wrong with that. */
export interface Durability {
  /** What is guaranteed, in sentences for operators. */
  readonly sentence: string;
  /** Why nothing is to be written, if it promises less than `redis.durability` asks for. */
  readonly refusal: string | undefined;
}

type Promised = RedisSettings["durability"];

/** Said in docs/operations.md, too. */
const SENTENCES: Record<Promised, string> = {
  always: "What is acknowledged is on Redis's disk.",
  everysec:
    "What is acknowledged is on Redis's disk within about two seconds: until then a loss of power takes it, and so does a kill while the disk is slow.",
  none: "What is acknowledged is not sure to be on Redis's disk: it may be lost when Redis ends.",
};
const UNKNOWN =
  "Redis does not tell its settings (CONFIG is forbidden), so what it promises is not known.";

const RANK: Record<Promised, number> = { none: 0, everysec: 1, always: 2 };

/** One question each: older releases take only one. */
const ASKED = [
  "appendonly",
  "appendfsync",
  "no-appendfsync-on-rewrite",
  "maxmemory",
  "maxmemory-policy",
] as const;

type Told = Readonly<Partial<Record<(typeof ASKED)[number], string>>>;

/** Asks Redis for the settings that decide what an acknowledgement is worth. */
export async function checkDurability(redis: Redis, settings: RedisSettings): Promise<Durability> {
  const told = await readConfig(redis);
  if (told === undefined) return { sentence: UNKNOWN, refusal: undefined };
  const { promises, because } = promisedBy(told);
  const sentences = [
    SENTENCES[promises],
    ...(because === undefined ? [] : [`Because ${because}.`]),
  ];
  if (settings.waitReplicas > 0) {
    sentences.push(`Before that, ${settings.waitReplicas} of its replicas have it in memory.`);
  }
  return { sentence: sentences.join(" "), refusal: refusalOf(told, settings) };
}

/** What the settings promise, and by which of them it is not more. */
function promisedBy(told: Told): { readonly promises: Promised; readonly because?: string } {
  if (told.appendonly !== "yes") return { promises: "none", because: "appendonly is no" };
  const fsync = told.appendfsync;
  if (fsync !== "always" && fsync !== "everysec") {
    return { promises: "none", because: `appendfsync is ${fsync}` };
  }
  // While its log is rewritten it then leaves the syncs out, whatever appendfsync says.
  if (told["no-appendfsync-on-rewrite"] === "yes") {
    return { promises: "none", because: "no-appendfsync-on-rewrite is yes" };
  }
  return { promises: fsync };
}

function refusalOf(told: Told, { durability }: RedisSettings): string | undefined {
  const policy = told["maxmemory-policy"] ?? "noeviction";
  // Those that drop only what expires would drop what is staged, and what outcomes are known by.
  if (policy !== "noeviction" && told.maxmemory !== "0") {
    return `it may drop what is stored when its memory is short (maxmemory-policy ${policy}): set it to noeviction`;
  }
  if (RANK[promisedBy(told).promises] >= RANK[durability]) return undefined;
  const fsync = durability === "always" ? "always" : "everysec";
  const set = [
    ...(told.appendonly === "yes" ? [] : ["appendonly to yes"]),
    ...(told.appendfsync === fsync || told.appendfsync === "always"
      ? []
      : [`appendfsync to ${fsync}`]),
    ...(told["no-appendfsync-on-rewrite"] === "yes" ? ["no-appendfsync-on-rewrite to no"] : []),
  ];
  return `it promises less than redis.durability, ${durability}, asks for: set ${set.join(" and ")}`;
}

/** Undefined where it may not be asked. */
async function readConfig(redis: Redis): Promise<Told | undefined> {
  const answers = await Promise.all(
    ASKED.map(async (name): Promise<[string, string] | undefined> => {
      try {
        const [, value] = (await redis.config("GET", name)) as readonly string[];
        return value === undefined ? undefined : [name, value];
      } catch (error) {
        if (error instanceof Error && error.name === "ReplyError") return undefined;
        throw error;
      }
    }),
  );
  const told = answers.filter((answer) => answer !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told);
}
