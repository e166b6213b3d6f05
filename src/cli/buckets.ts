import { consolePolicy } from "../buckets/console-policy.ts";
import type { Command } from "commander";
import { addAdoption } from "./adoption.ts";
import type { ControlClient, WithControl } from "./control-client.ts";
import { wholeNumber } from "./input.ts";
import { allOf } from "./list.ts";
import { answerOf, CommandError, print, table, type OutputOptions } from "./output.ts";

interface BucketAnswer {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string | null;
  readonly standing: { readonly state: string; readonly why: string | null };
  readonly usage: { readonly bytes: number; readonly objects: number } | null;
}

interface StatusAnswer {
  readonly enabled: boolean;
  readonly ok: boolean;
  readonly findings: readonly { readonly ok: boolean; readonly message: string }[];
}

/** `buckets`: what an operator asks of members' buckets, through the API. */
export function addBucketCommands(program: Command, withControl: WithControl): void {
  const buckets = program.command("buckets").description("members' buckets, and keys to them");
  addChanges(buckets, withControl);
  addKeys(buckets, withControl);
  addAdoption(buckets, withControl, "buckets");
  buckets
    .command("list")
    .description("list buckets, and how they stand")
    .option("--owner <name>", "only this owner's")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<BucketAnswer>(control, "/api/v1/buckets", {
          owner: options.owner,
        });
        print(options, items, () =>
          table(
            ["ID", "NAME", "OWNER", "STATE", "BYTES", "WHY"],
            items.map(({ id, name, ownerName, standing, usage }) => [
              id,
              name,
              ownerName ?? "",
              standing.state,
              usage === null ? "" : String(usage.bytes),
              standing.why ?? "",
            ]),
          ),
        );
      });
    });
  buckets
    .command("policy")
    .description("print what the console's own account at MinIO needs, as a policy for it")
    .action(() => {
      process.stdout.write(`${JSON.stringify(consolePolicy, null, 2)}\n`);
    });
  buckets
    .command("check")
    .description("whether the storage answers, and what stands wrong; exit code 1 if anything does")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const status = await answerOf<StatusAnswer>(
          await control.request("GET", "/api/v1/buckets/status"),
        );
        print(options, status, () =>
          status.findings.map(({ ok, message }) => `${ok ? "ok   " : "wrong"} ${message}`),
        );
        if (!status.ok) process.exitCode = 1;
      });
    });
}

interface CreateOptions extends OutputOptions {
  readonly public?: boolean;
  readonly expireDays?: number;
  readonly gigabytes?: number;
}

function addChanges(buckets: Command, withControl: WithControl): void {
  buckets
    .command("create")
    .description("make a bucket")
    .argument("<owner>", "a person or a group, by name or id")
    .argument("<name>", "without the owner's, which is put before it")
    .option("--public", "everyone may read its objects")
    .option("--expire-days <days>", "days after which objects are deleted", wholeNumber)
    .option("--gigabytes <number>", "what it may hold, about", wholeNumber)
    .option("--json", "print JSON")
    .action(async (owner: string, name: string, options: CreateOptions, command: Command) => {
      await withControl(command, async (control) => {
        const { public: publicRead, expireDays, gigabytes } = options;
        const body = JSON.stringify({ owner, name, publicRead, expireDays, gigabytes });
        const made = await answerOf<BucketAnswer>(
          await control.request("POST", "/api/v1/buckets", body),
        );
        print(options, made, () => `${made.name} (${made.id}): ${inWords(made.standing)}`);
      });
    });
  buckets
    .command("delete")
    .description("take a bucket out of use; it is deleted with all in it after the grace period")
    .argument("<name>", "its whole name, like alice.photos")
    .option("--json", "print JSON")
    .action(async (name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const { id } = await bucketCalled(control, name);
        const path = `/api/v1/buckets/${id}?name=${encodeURIComponent(name)}`;
        const gone = await answerOf<BucketAnswer & { deletingUntil: string }>(
          await control.request("DELETE", path),
        );
        print(options, gone, () => `${gone.name} can be had back until ${gone.deletingUntil}.`);
      });
    });
  buckets
    .command("restore")
    .description("have a deleted bucket back, while there is time")
    .argument("<bucket>", "its whole name, or its id")
    .option("--owner <name>", "give it to somebody else, as when its owner has left")
    .option("--json", "print JSON")
    .action(
      async (bucket: string, options: OutputOptions & { owner?: string }, command: Command) => {
        await withControl(command, async (control) => {
          const { id } = await bucketCalled(control, bucket);
          const body = JSON.stringify({ owner: options.owner });
          const back = await answerOf<BucketAnswer>(
            await control.request("POST", `/api/v1/buckets/${id}/restore`, body),
          );
          print(options, back, () => `${back.name} is ${back.ownerName ?? "nobody"}'s again.`);
        });
      },
    );
}

/** @throws CommandError where there is none */
async function bucketCalled(control: ControlClient, nameOrId: string): Promise<BucketAnswer> {
  const all = await allOf<BucketAnswer>(control, "/api/v1/buckets", {});
  const found = all.find(({ id, name }) => name === nameOrId || id === nameOrId);
  if (found === undefined) throw new CommandError(`There is no bucket ${nameOrId}.`);
  return found;
}

function inWords({ state, why }: BucketAnswer["standing"]): string {
  return why === null ? state : `${state}. ${why}`;
}

interface KeyAnswer {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string | null;
  readonly access: string;
  readonly accessKey: string;
  readonly secretKey?: string;
  readonly standing: BucketAnswer["standing"];
}

function addKeys(buckets: Command, withControl: WithControl): void {
  const key = buckets.command("key").alias("keys").description("keys to buckets");
  key
    .command("list")
    .description("list keys, and how they stand")
    .option("--owner <name>", "only this owner's")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<KeyAnswer>(control, "/api/v1/bucket-keys", {
          owner: options.owner,
        });
        print(options, items, () =>
          table(
            ["ID", "NAME", "OWNER", "MAY", "STATE", "WHY"],
            items.map(({ id, name, ownerName, access, standing }) => [
              id,
              name,
              ownerName ?? "",
              access,
              standing.state,
              standing.why ?? "",
            ]),
          ),
        );
      });
    });
  key
    .command("create")
    .description("make a key; its secret is shown once")
    .argument("<owner>", "a person or a group, by name or id")
    .argument("<name>", "what it is for")
    .option("--read-only", "it may not write")
    .option("--bucket <name...>", "only these of the owner's buckets; without it, all of them")
    .option("--json", "print JSON")
    .action(
      async (
        owner: string,
        name: string,
        options: OutputOptions & { readOnly?: boolean; bucket?: string[] },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const access = options.readOnly === true ? "read" : "write";
          const body = JSON.stringify({ owner, name, access, buckets: options.bucket ?? null });
          const made = await answerOf<KeyAnswer>(
            await control.request("POST", "/api/v1/bucket-keys", body),
          );
          print(options, made, () => shownOnce(made));
        });
      },
    );
  key
    .command("rotate")
    .description("give a key another access key and secret; the old ones end")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const path = `/api/v1/bucket-keys/${encodeURIComponent(id)}/rotate`;
        const made = await answerOf<KeyAnswer>(await control.request("POST", path));
        print(options, made, () => shownOnce(made));
      });
    });
  key
    .command("revoke")
    .description("end a key")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const path = `/api/v1/bucket-keys/${encodeURIComponent(id)}`;
        await answerOf<null>(await control.request("DELETE", path));
        print(options, { revoked: id }, () => `${id} was revoked.`);
      });
    });
}

function shownOnce({ id, accessKey, secretKey }: KeyAnswer): string[] {
  return [
    `access key: ${accessKey}`,
    `secret key: ${secretKey ?? ""}`,
    `(key ${id}; the secret is not shown again)`,
  ];
}
