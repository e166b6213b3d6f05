import { consolePolicy } from "../buckets/console-policy.ts";
import type { Command } from "commander";
import type { WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";

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
  const buckets = program.command("buckets").description("look at members' buckets");
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
