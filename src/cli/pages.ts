import type { Command } from "commander";
import type { WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { print, table, type OutputOptions } from "./output.ts";

interface PageAnswer {
  readonly url: string;
  readonly projectPath: string;
  readonly ownerName: string | null;
  readonly state: string;
  readonly reason: string | null;
}

interface RecordAnswer {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

interface DomainAnswer {
  readonly domain: string;
  readonly projectPath: string;
  readonly ownerName: string | null;
  readonly state: string;
  readonly reason: string;
  readonly records: readonly RecordAnswer[];
  readonly dns: { readonly state: string; readonly reason: string } | null;
}

/** `pages`: the sites of GitLab Pages and their custom domains, as the API shows them. */
export function addPagesCommands(program: Command, withControl: WithControl): void {
  const pages = program.command("pages").description("list GitLab Pages sites and their domains");
  pages
    .command("list")
    .description("list sites")
    .option("--owner <name>", "only this owner's")
    .option("--state <state>", "only those in this state, like routed or conflict")
    .option("--json", "print JSON")
    .action(
      async (options: OutputOptions & { owner?: string; state?: string }, command: Command) => {
        await withControl(command, async (control) => {
          const { owner, state } = options;
          const sites = await allOf<PageAnswer>(control, "/api/v1/pages", { owner });
          const items = sites.filter((site) => state === undefined || site.state === state);
          print(options, items, () =>
            table(
              ["URL", "PROJECT", "OWNER", "STATE", "REASON"],
              items.map((item) => [
                item.url,
                item.projectPath,
                item.ownerName ?? "",
                item.state,
                item.reason ?? "",
              ]),
            ),
          );
        });
      },
    );
  pages
    .command("domains")
    .description("list custom domains, and what is to be done for them")
    .option("--owner <name>", "only this owner's")
    .option("--dns", "look up whether their DNS points here")
    .option("--json", "print JSON")
    .action(
      async (options: OutputOptions & { owner?: string; dns?: boolean }, command: Command) => {
        await withControl(command, async (control) => {
          const { owner, dns } = options;
          const items = await allOf<DomainAnswer>(control, "/api/v1/pages/domains", {
            owner,
            ...(dns === true ? { dns: "true" } : {}),
          });
          print(options, items, () => domainLines(items, dns === true));
        });
      },
    );
}

/** The table, then the records that are missing: wide ones would tear it apart. */
function domainLines(items: readonly DomainAnswer[], withDns: boolean): string[] {
  const lines = table(
    ["DOMAIN", "PROJECT", "OWNER", "STATE", ...(withDns ? ["DNS"] : [])],
    items.map((item) => [
      item.domain,
      item.projectPath,
      item.ownerName ?? "",
      item.state,
      ...(withDns ? [item.dns?.state ?? "not looked up"] : []),
    ]),
  );
  for (const { domain, state, reason, records, dns } of items) {
    const isElsewhere = dns !== null && dns.state !== "points-here";
    if (state === "active" && !isElsewhere) continue;
    lines.push("", `${domain}: ${[reason, ...(isElsewhere ? [dns.reason] : [])].join(" ")}`);
    lines.push(...records.map(({ type, name, value }) => `  ${name}  ${type}  ${value}`));
  }
  return lines;
}
