import { startTestConsole } from "../test/support/console.ts";
import { answer, inputOf } from "./child.ts";
import { watching } from "./watch.ts";

/** A console in a process of its own, that tells of its memory and its turns. */
export interface ConsoleInput {
  readonly folder: string;
  readonly gitlab: object;
  readonly pages: object;
}

const { folder, gitlab, pages } = inputOf<ConsoleInput>();
const running = await startTestConsole(folder, { traefik: { version: "3.7" }, gitlab, pages });

const verbs = {
  ...watching,
  ports: () => ({ http: running.httpPort, internal: running.internalPort }),
  revision: () => running.core.requireLedger().state.revision,
  pages: () => running.core.requireLedger().state.pages.size,
  settled: async () => {
    await running.publisher.settled();
  },
  last: async () => (await running.gitlabPages?.records.all())?.find((run) => run.finishedAt),
};
export type ConsoleVerbs = typeof verbs;
answer(verbs, () => running.close());
