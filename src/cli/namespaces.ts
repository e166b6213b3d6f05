import { stringify } from "yaml";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Config } from "../config.ts";
import { tenancyOf } from "../namespaces/layout.ts";
import { manifests } from "../namespaces/manifests.ts";
import { addAdoption } from "./adoption.ts";
import type { WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";

interface NamespaceAnswer {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string | null;
  readonly standing: { readonly state: string; readonly why: string | null };
  readonly usage: { readonly cpu: number; readonly memory: number; readonly pods: number } | null;
}

interface KubeconfigAnswer {
  readonly id: string;
  readonly expiresAt: string | null;
  readonly file?: string;
}

interface StatusAnswer {
  readonly enabled: boolean;
  readonly ok: boolean;
  readonly findings: readonly { readonly ok: boolean; readonly message: string }[];
}

/** `namespaces`: what an operator asks of members' namespaces, through the API. */
export function addNamespaceCommands(program: Command, withControl: WithControl): void {
  const namespaces = program.command("namespaces").description("look after members' namespaces");
  namespaces
    .command("list")
    .description("list namespaces, and how they stand")
    .option("--owner <name>", "only this owner's")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<NamespaceAnswer>(control, "/api/v1/namespaces", {
          owner: options.owner,
        });
        print(options, items, () =>
          table(
            ["ID", "NAME", "OWNER", "STATE", "PODS", "MEMORY (MiB)", "WHY"],
            items.map(({ id, name, ownerName, standing, usage }) => [
              id,
              name,
              ownerName ?? "",
              standing.state,
              usage === null ? "" : String(usage.pods),
              usage === null ? "" : String(usage.memory),
              standing.why ?? "",
            ]),
          ),
        );
      });
    });
  namespaces
    .command("create <owner> <name>")
    .description("make a namespace for an owner; its whole name is owner--name")
    .option("--json", "print JSON")
    .action(async (owner: string, name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const made = await answerOf<NamespaceAnswer>(
          await control.request("POST", "/api/v1/namespaces", JSON.stringify({ owner, name })),
        );
        print(options, made, () => [describe(made)]);
      });
    });
  namespaces
    .command("delete <id> <whole-name>")
    .description("close a namespace, to be deleted with all that is in it after some days")
    .option("--json", "print JSON")
    .action(async (id: string, name: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const query = new URLSearchParams({ name }).toString();
        const gone = await answerOf<NamespaceAnswer>(
          await control.request("DELETE", `/api/v1/namespaces/${encodeURIComponent(id)}?${query}`),
        );
        print(options, gone, () => [describe(gone)]);
      });
    });
  namespaces
    .command("restore <id>")
    .description("open a deleted namespace again, while there is time")
    .option("--owner <name>", "give it to somebody else, as when its owner has left")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const path = `/api/v1/namespaces/${encodeURIComponent(id)}/restore`;
        const back = await answerOf<NamespaceAnswer>(
          await control.request("POST", path, JSON.stringify({ owner: options.owner })),
        );
        print(options, back, () => [describe(back)]);
      });
    });
  namespaces
    .command("kubeconfig <namespace> <file>")
    .description("have a kubeconfig issued into a new file that only you can read")
    .option("--name <name>", "what it is called in the console", "operator")
    .option("--days <days>", "how long it is good for")
    .action(
      async (
        namespace: string,
        file: string,
        options: { name: string; days?: string },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const days = options.days === undefined ? {} : { days: Number(options.days) };
          const body = { namespace, name: options.name, ...days };
          // Never over another file; and before a token is drawn that could then not be written down.
          const opened = openSync(file, "wx", 0o600);
          try {
            const made = await answerOf<KubeconfigAnswer>(
              await control.request("POST", "/api/v1/kubeconfigs", JSON.stringify(body)),
            );
            writeFileSync(opened, made.file ?? "");
            process.stdout.write(`${file}: good until ${made.expiresAt ?? "?"} (${made.id})\n`);
          } catch (error) {
            unlinkSync(file);
            throw error;
          } finally {
            closeSync(opened);
          }
        });
      },
    );
  namespaces
    .command("check")
    .description("whether Kubernetes answers, and what stands wrong; exit code 1 if anything does")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const status = await answerOf<StatusAnswer>(
          await control.request("GET", "/api/v1/namespaces/status"),
        );
        print(options, status, () =>
          status.findings.map(({ ok, message }) => `${ok ? "ok   " : "wrong"} ${message}`),
        );
        if (!status.ok) process.exitCode = 1;
      });
    });
  addAdoption(namespaces, withControl, "namespaces");
}

/** `kubernetes`: what is to be done at the cluster, by its admin. */
export function addKubernetesCommands(
  program: Command,
  configOf: (command: Command) => Config,
): void {
  program
    .command("kubernetes")
    .description("what the cluster's admin has to do for members' namespaces")
    .command("manifests")
    .description("print what has to be applied once: the console's account, its rights, policies")
    .action((_options: object, command: Command) => {
      const objects = manifests(tenancyOf(configOf(command)));
      process.stdout.write(objects.map((object) => `---\n${stringify(object)}`).join(""));
    });
}

function describe({ id, name, standing }: NamespaceAnswer): string {
  return `${name} (${id}): ${standing.state}${standing.why === null ? "" : `. ${standing.why}`}`;
}
