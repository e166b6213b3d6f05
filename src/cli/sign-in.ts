import type { Command } from "commander";
import type { ControlClient, WithControl } from "./control-client.ts";
import { wholeNumber } from "./input.ts";
import { allOf } from "./list.ts";
import { answerOf, print, table, type OutputOptions } from "./output.ts";

interface PassAnswer {
  readonly id: string;
  readonly url: string;
  readonly personName: string | null;
  readonly use: string;
  readonly by: string;
  readonly expiresAt: string;
}

interface SessionAnswer {
  readonly id: string;
  readonly usedAt: string;
  readonly address: string;
  readonly agent: string;
}

/** `login-link`, `invite`, `passes` and `sessions`: who gets in at the web console, and who is in. */
export function addSignInCommands(program: Command, withControl: WithControl): void {
  addLoginLink(program, withControl);
  addInvite(program, withControl);
  addPasses(program, withControl);
  addSessions(program, withControl);
}

async function makePass(control: ControlClient, body: object): Promise<PassAnswer> {
  return answerOf(await control.request("POST", "/api/v1/passes", JSON.stringify(body)));
}

function addLoginLink(program: Command, withControl: WithControl): void {
  program
    .command("login-link")
    .description("make a link that signs a person in at the web console, once")
    .argument("<person>", "a person, by name or id")
    .option("--minutes <number>", "minutes that it is good for", wholeNumber)
    .option("--json", "print JSON")
    .action(
      async (person: string, options: OutputOptions & { minutes?: number }, command: Command) => {
        await withControl(command, async (control) => {
          const made = await makePass(control, { person, minutes: options.minutes });
          print(options, made, () => [
            made.url,
            `(signs ${made.personName} in, once, until ${made.expiresAt}; it is not shown again)`,
          ]);
        });
      },
    );
}

const DAY_MINUTES = 24 * 60;

function addInvite(program: Command, withControl: WithControl): void {
  program
    .command("invite")
    .description("make a link by which a person says which account of the provider is theirs, once")
    .argument("<person>", "a person, by name or id")
    .option("--days <number>", "days that it is good for", wholeNumber)
    .option("--json", "print JSON")
    .action(
      async (person: string, options: OutputOptions & { days?: number }, command: Command) => {
        await withControl(command, async (control) => {
          const { days } = options;
          const minutes = days === undefined ? undefined : days * DAY_MINUTES;
          const made = await makePass(control, { person, use: "invitation", minutes });
          print(options, made, () => [
            made.url,
            `(links the account that accepts it to ${made.personName}, once, until ${made.expiresAt}; it is not shown again)`,
          ]);
        });
      },
    );
}

function addPasses(program: Command, withControl: WithControl): void {
  const passes = program
    .command("passes")
    .description("list and end sign-in links and invitations that are not used yet");
  passes
    .command("list")
    .description("list them")
    .option("--json", "print JSON")
    .action(async (options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const items = await allOf<PassAnswer>(control, "/api/v1/passes");
        print(options, items, () =>
          table(
            ["ID", "PERSON", "FOR", "MADE BY", "UNTIL"],
            items.map((item) => [
              item.id,
              item.personName ?? "",
              item.use,
              item.by,
              item.expiresAt,
            ]),
          ),
        );
      });
    });
  passes
    .command("revoke")
    .description("end one")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        await answerOf<null>(
          await control.request("DELETE", `/api/v1/passes/${encodeURIComponent(id)}`),
        );
        print(options, { revoked: id }, () => `${id} was revoked.`);
      });
    });
}

function addSessions(program: Command, withControl: WithControl): void {
  const sessions = program
    .command("sessions")
    .description("list and end where a person is signed in at the web console");
  const below = (person: string) => `/api/v1/persons/${encodeURIComponent(person)}`;
  sessions
    .command("list")
    .description("list a person's sessions")
    .argument("<person>", "a person, by name or id")
    .option("--json", "print JSON")
    .action(async (person: string, options: OutputOptions, command: Command) => {
      await withControl(command, async (control) => {
        const { items } = await answerOf<{ items: readonly SessionAnswer[] }>(
          await control.request("GET", `${below(person)}/sessions`),
        );
        print(options, items, () =>
          table(
            ["ID", "LAST USED", "FROM", "WITH"],
            items.map((item) => [item.id, item.usedAt, item.address, item.agent]),
          ),
        );
      });
    });
  sessions
    .command("end")
    .description("sign a person out: at one browser, or everywhere")
    .argument("<person>", "a person, by name or id")
    .argument("[session]", "a session's id; without it, all of them")
    .option("--json", "print JSON")
    .action(
      async (
        person: string,
        session: string | undefined,
        options: OutputOptions,
        command: Command,
      ) => {
        await withControl(command, async (control) => {
          await answerOf<unknown>(
            session === undefined
              ? await control.request("POST", `${below(person)}/sign-out`)
              : await control.request(
                  "DELETE",
                  `${below(person)}/sessions/${encodeURIComponent(session)}`,
                ),
          );
          const where = session === undefined ? "everywhere" : `at ${session}`;
          print(options, { ended: session ?? null }, () => `${person} was signed out ${where}.`);
        });
      },
    );
}
