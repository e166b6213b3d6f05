import type { Command } from "commander";
import type { WithControl } from "./control-client.ts";
import { wholeNumber } from "./input.ts";
import { answerOf, print, type OutputOptions } from "./output.ts";

interface PassAnswer {
  readonly id: string;
  readonly url: string;
  readonly personName: string;
  readonly expiresAt: string;
}

/** `login-link`: how somebody signs in at the web console without a provider. */
export function addSignInCommands(program: Command, withControl: WithControl): void {
  program
    .command("login-link")
    .description("make a link that signs a person in at the web console, once")
    .argument("<person>", "a person, by name or id")
    .option("--minutes <number>", "minutes that it is good for", wholeNumber)
    .option("--json", "print JSON")
    .action(
      async (person: string, options: OutputOptions & { minutes?: number }, command: Command) => {
        await withControl(command, async (control) => {
          const { minutes } = options;
          const body = JSON.stringify({ person, minutes });
          const made = await answerOf<PassAnswer>(
            await control.request("POST", "/api/v1/passes", body),
          );
          print(options, made, () => [
            made.url,
            `(signs ${made.personName} in, once, until ${made.expiresAt}; it is not shown again)`,
          ]);
        });
      },
    );
}
