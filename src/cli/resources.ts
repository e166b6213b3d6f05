import type { Command } from "commander";
import { SCOPES } from "../domain/entities.ts";
import type { WithControl } from "./control-client.ts";
import { wholeNumber } from "./input.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";

interface TokenAnswer {
  readonly id: string;
  readonly secret: string;
  readonly expiresAt: string;
}

interface EndpointAnswer {
  readonly id: string;
  readonly url: string;
  readonly revision: number;
  readonly targets: readonly string[];
  readonly owner: string | { readonly name: string };
  readonly state?: string;
}

/** `token` and `endpoint`: what an operator does at the command line, through the API. */
export function addResourceCommands(program: Command, withControl: WithControl): void {
  addToken(program, withControl);
  addEndpoint(program, withControl);
}

function addToken(program: Command, withControl: WithControl): void {
  const token = program.command("token").description("make tokens for the API");
  token
    .command("create")
    .description("make a token; its secret is shown once")
    .option("--name <text>", "what it is for", "made at the command line")
    .option("--owner <name>", "whose token it is; without it, an operator's")
    .option("--scope <scope...>", `what it may do: ${SCOPES.join(", ")}`)
    .option("--days <number>", "days until it expires", wholeNumber)
    .option("--json", "print JSON")
    .action(
      async (
        options: OutputOptions & { name: string; owner?: string; scope?: string[]; days?: number },
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          const body = {
            name: options.name,
            owner: options.owner ?? null,
            scopes:
              options.scope ??
              (options.owner === undefined ? SCOPES : SCOPES.filter((scope) => scope !== "admin")),
            ...(options.days === undefined ? {} : { expiresInDays: options.days }),
          };
          const made = await answerOf<TokenAnswer>(
            await control.request("POST", "/api/v1/tokens", JSON.stringify(body)),
          );
          print(options, made, () => [
            made.secret,
            `(token ${made.id}, expires ${made.expiresAt}; the secret is not shown again)`,
          ]);
        });
      },
    );
}

interface AddOptions extends OutputOptions {
  readonly label?: string;
  readonly host?: string;
  readonly path?: string;
  readonly stripPrefix?: boolean;
  readonly passHost: boolean;
  readonly acceptSelfSigned?: boolean;
}

function addEndpoint(program: Command, withControl: WithControl): void {
  const endpoint = program
    .command("endpoint")
    .description("put services online, list them, take them off");
  endpoint
    .command("add")
    .description("put a service online")
    .argument("<owner>", "a person or a group, by name or id")
    .argument("<target...>", "where requests go, like http://10.0.3.7:8080")
    .option("--label <label>", "one of the owner's labels; their name by default")
    .option("--host <host>", "a whole host: the apex, deeper and reserved names")
    .option("--path <prefix>", "only what is below this path")
    .option("--strip-prefix", "take the path off before the request goes on")
    .option("--no-pass-host", "send the target's own name as Host")
    .option("--accept-self-signed", "accept any certificate of an https target")
    .option("--json", "print JSON")
    .action(async (owner: string, targets: string[], options: AddOptions, command: Command) => {
      await withControl(command, async (control) => {
        const { label, host, path, stripPrefix, acceptSelfSigned } = options;
        const body = JSON.stringify({
          owner,
          targets,
          label,
          host,
          path,
          stripPrefix,
          acceptSelfSigned,
          passHostHeader: options.passHost,
        });
        const made = await answerOf<EndpointAnswer>(
          await control.request("POST", "/api/v1/endpoints", body),
        );
        print(options, made, () => `${made.url} goes to ${targets.join(", ")} (${made.id}).`);
      });
    });
  endpoint
    .command("list")
    .description("list endpoints")
    .option("--owner <name>", "only this owner's")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions & { owner?: string }, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<EndpointAnswer>(control, "/api/v1/endpoints", {
          owner: options.owner,
        });
        print(options, items, () =>
          table(
            ["ID", "URL", "STATE", "TARGETS"],
            items.map((item) => [item.id, item.url, item.state ?? "", item.targets.join(" ")]),
          ),
        );
      });
    });
  endpoint
    .command("remove")
    .description("take a service offline")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        await answerOf<null>(
          await control.request("DELETE", `/api/v1/endpoints/${encodeURIComponent(id)}`),
        );
        print(options, { removed: id }, () => `${id} was removed.`);
      });
    });
}
