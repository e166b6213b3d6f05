import { ok, skipped, warning, wrong, type Look, type ModuleDoctor } from "../checks/check.ts";
import { hostOf } from "../checks/unreachable.ts";
import { isLoopbackHost } from "../config/syntax.ts";
import type { State } from "../domain/state.ts";
import { messageOf } from "../errors.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { Standings } from "../reconcile/standing.ts";
import type { Call } from "../reconcile/system.ts";
import type { ObjectStorage } from "./storage.ts";

const NAMED_MAX = 3;

/** Members' buckets: the storage, what the console's account may do there, what stands wrong. */
export const bucketDoctor: ModuleDoctor = {
  name: "Buckets",
  off: ({ buckets }) => (buckets.enabled ? undefined : "buckets.enabled is off."),
  systems: ({ buckets }) => [{ name: "MinIO", url: buckets.url }],
  hosts: ({ buckets }) => {
    const { host, isAddress } = hostOf(buckets.publicUrl);
    if (isAddress || isLoopbackHost(host)) return [];
    return [{ host, use: "members' buckets", toTraefik: false }];
  },
  look: async (look, { config: { buckets }, state, volatile }) => {
    // Its client takes long to load.
    const { MinioStorage } = await import("./minio-storage.ts");
    const { url, region, prefix, accessKey, secretKey } = buckets;
    const keys = { accessKey: accessKey ?? "", secretKey: secretKey ?? "" };
    const storage = new MinioStorage({ url, region, prefix, ...keys });
    try {
      const stored = await state();
      await lookAtStorage(look, storage, (work) => work(look.signal), stored);
      if (stored !== undefined)
        await lookAtStandings(look, new Standings(volatile), namesIn(stored));
    } finally {
      storage.close();
    }
  },
};

/**
 * The storage itself, through `call`.
 * @param state undefined where it is not known: then nobody can be told to be a stranger
 */
export async function lookAtStorage(
  { tell }: Pick<Look, "tell">,
  storage: ObjectStorage,
  call: Call,
  state: State | undefined,
): Promise<void> {
  const { name } = storage;
  let version: string;
  try {
    version = await call((signal) => storage.version(signal));
  } catch (error) {
    tell("storage", wrong(`${name}: ${messageOf(error)} Is buckets.url right, and is it up?`));
    return;
  }
  tell("storage", ok(`${name} answers, version ${version}.`, { version }));
  try {
    const { missing, isRoot } = await call((signal) => storage.rights(signal));
    tell("rights", rightsFound(missing, isRoot));
    if (state === undefined) {
      tell("accounts", skipped("Which keys there are is not known while the store is not read."));
      return;
    }
    const strangers = strangersAmong(await call((signal) => storage.accounts(signal)), state);
    tell("accounts", strangersFound(strangers));
  } catch (error) {
    tell("rights", wrong(messageOf(error)));
  }
}

function rightsFound(missing: readonly string[], isRoot: boolean) {
  const facts = { missing: missing.join(" "), all: isRoot };
  if (missing.length > 0) {
    const named = missing.slice(0, NAMED_MAX).join(", ");
    const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : "";
    const says = `The console's account may not do ${named}${more}: give it the policy that \`tardis-console buckets policy\` prints.`;
    return wrong(says, facts);
  }
  if (isRoot) {
    const says =
      "The console's account may do everything there: give it an account of its own, with the policy that `tardis-console buckets policy` prints.";
    return warning(says, facts);
  }
  return ok("The console's account may do what it needs.", facts);
}

/** Accounts in the console's group that no key has. */
function strangersAmong(accounts: ReadonlySet<string>, { bucketKeys }: State): readonly string[] {
  const known = new Set(
    [...bucketKeys.values()].flatMap(({ accessKey, next, retired }) => [
      accessKey,
      next ?? accessKey,
      ...retired,
    ]),
  );
  return [...accounts].filter((one) => !known.has(one));
}

function strangersFound({ length }: readonly string[]) {
  const facts = { strangers: length };
  if (length === 0) return ok("Every account in the console's group there is a key's.", facts);
  const are = length === 1 ? "1 account is" : `${length} accounts are`;
  const says = `${are} in the console's group there (buckets.prefix) that no key has, and not touched. Remove them by hand if nobody needs them.`;
  return warning(says, facts);
}

/** What stands wrong of buckets and keys is told by these. */
export function namesIn({
  buckets,
  bucketKeys,
}: State): Readonly<Record<string, (id: string) => string | undefined>> {
  return {
    bucket: (id) => buckets.get(id)?.name,
    bucketKey: (id) => bucketKeys.get(id)?.name,
  };
}
