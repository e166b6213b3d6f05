import type { Command } from "commander";
import type { WithControl } from "./control-client.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";

interface RequestAnswer {
  readonly id: string;
  readonly createdAt: string;
  readonly ownerName: string | null;
  readonly askerName: string | null;
  readonly summary: string;
  readonly reason: string;
  readonly state: string;
  readonly decidedAt: string | null;
  readonly decidedByName: string | null;
  readonly answer: string | null;
}

/** `requests`: what members ask for, and an operator's word on it. */
export function addRequestCommands(program: Command, withControl: WithControl): void {
  const requests = program
    .command("requests")
    .description("list and decide what members ask the admins for");
  requests
    .command("list")
    .description("list requests, the oldest first; without --state, those that wait")
    .option("--state <state>", "open, granted, declined, withdrawn, or all", "open")
    .option("--owner <name>", "only those for this owner")
    .option("--json", "print JSON")
    .action(
      async (options: OutputOptions & { state: string; owner?: string }, command: Command) => {
        await withControl(command, async (control) => {
          const state = options.state === "all" ? undefined : options.state;
          const query = { owner: options.owner, state };
          const items = await allOf<RequestAnswer>(control, "/api/v1/requests", query);
          print(options, items, () =>
            table(
              ["ID", "SINCE", "FOR", "ASKED BY", "STATE", "WHAT"],
              items.map((item) => [
                item.id,
                item.createdAt.slice(0, 10),
                item.ownerName ?? "",
                item.askerName ?? "",
                item.state,
                item.summary,
              ]),
            ),
          );
        });
      },
    );
  requests
    .command("show")
    .description("show a request, with its reason")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const path = `/api/v1/requests/${encodeURIComponent(id)}`;
        const request = await answerOf<RequestAnswer>(await control.request("GET", path));
        print(options, request, () => linesOf(request));
      });
    });
  addDecision(requests, withControl, "grant", "give what was asked for, at once");
  addDecision(requests, withControl, "decline", "decline a request, and say why");
}

function addDecision(
  requests: Command,
  withControl: WithControl,
  verb: "grant" | "decline",
  description: string,
): void {
  const command = requests.command(verb).description(description).argument("<id>");
  const words = "what those who asked are told";
  if (verb === "decline") command.requiredOption("--answer <text>", words);
  else command.option("--answer <text>", words);
  command
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions & { answer?: string }, self: Command) => {
      await withControl(self, async (control) => {
        const path = `/api/v1/requests/${encodeURIComponent(id)}/${verb}`;
        const body = JSON.stringify({ answer: options.answer });
        const request = await answerOf<RequestAnswer>(await control.request("POST", path, body));
        print(
          options,
          request,
          () => `${request.summary} for ${request.ownerName ?? "them"}: ${request.state}.`,
        );
      });
    });
}

function linesOf(request: RequestAnswer): string[] {
  const { id, summary, state, reason, answer } = request;
  const asked = `asked by ${request.askerName ?? "nobody known"} on ${request.createdAt.slice(0, 10)}`;
  const lines = [`${id}: ${summary} for ${request.ownerName ?? "nobody"}, ${asked}`];
  lines.push(...indented(reason));
  const when = request.decidedAt === null ? "" : ` on ${request.decidedAt.slice(0, 10)}`;
  const who = request.decidedByName === null ? "" : ` by ${request.decidedByName}`;
  lines.push(`${state}${who}${when}`);
  if (answer !== null) lines.push(...indented(answer));
  return lines;
}

/** So that no line of somebody's text passes for one of ours. */
function indented(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}
