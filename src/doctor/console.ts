import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  ok,
  skipped,
  warning,
  wrong,
  type Look,
  type Part,
  type Subject,
} from "../checks/check.ts";
import { notReached } from "../checks/unreachable.ts";
import { version } from "../version.ts";
import type { RunningFacts, RunningPoller } from "./running.ts";
import { listed, spanOf } from "./words.ts";

/** Somebody who was started with the console has asked by then. */
const FIRST_POLL_S = 60;
/** Held polls come back within a minute; one that does not is gone, or asks another replica. */
const GONE_S = 120;
const NAMED_MAX = 5;

/** Why a console that has the control socket was not asked itself. */
export type NotAsked = "older" | "silent";

/**
 * The console itself.
 * @param running undefined where none was asked: it does not run, or `notAsked`
 */
export function consolePart(
  subject: Subject,
  running: RunningFacts | undefined,
  notAsked: NotAsked | undefined,
): Part {
  return {
    name: "Console",
    look: async (look) => {
      if (running === undefined) tellAbsent(look, subject.config.data, notAsked);
      else await lookAtRunning(look, subject, running);
    },
  };
}

function tellAbsent({ tell }: Look, data: string, notAsked: NotAsked | undefined): void {
  if (notAsked === "silent") {
    const says = `A process has ${data}, and does not answer on its control socket. Look at its log; if it hangs, restart it.`;
    return tell("running", wrong(says));
  }
  if (notAsked === "older") {
    const says = `A console of another release than this command's (${version}) runs and cannot look by itself: restart it, to have it run this one.`;
    return tell("running", warning(says));
  }
  const hasRun = ["db", "redis-head", "last-good.json"].some((name) =>
    existsSync(join(data, name)),
  );
  if (!hasRun) return tell("running", skipped(`None has run yet with the data folder ${data}.`));
  const says = `None runs with the data folder ${data}. Traefik keeps the routes that it has, and nothing changes until one is started.`;
  tell("running", wrong(says));
}

async function lookAtRunning(look: Look, subject: Subject, running: RunningFacts): Promise<void> {
  const { tell } = look;
  const upFor = (subject.now().getTime() - running.startedAt.getTime()) / 1000;
  const uptimeSeconds = Math.round(upFor);
  tell("running", ok(`${version}, up for ${spanOf(upFor)}.`, { version, uptimeSeconds }));
  const { problems, publishedRevision, isRestored } = running;
  if (publishedRevision === null) {
    tell("document", wrong("There is no document yet: Traefik is told to wait. See the store."));
  } else if (isRestored) {
    const says = "What an earlier run published is served: the store has not been read. See it.";
    tell("document", wrong(says, { revision: publishedRevision }));
  } else if (problems.length === 0) {
    const says = `Revision ${publishedRevision} is published.`;
    tell("document", ok(says, { revision: publishedRevision }));
  }
  for (const problem of problems) tell("trouble", wrong(problem));
  await lookAtReadiness(look, subject, running);
  await lookAtReplicas(look, running);
  tellPollers(look, subject, running, upFor);
}

async function lookAtReadiness(
  { tell, signal }: Look,
  { reach }: Subject,
  { internalUrl }: RunningFacts,
): Promise<void> {
  try {
    const { status } = await reach.get(`${internalUrl}/readyz`, { signal });
    if (status === 200) tell("readiness", ok("/readyz says that it is ready."));
    else
      tell("readiness", wrong(`/readyz answers ${status}: it serves no document, or is ending.`));
  } catch (error) {
    const server = { name: "The internal listener", key: "internal.host", url: internalUrl };
    tell("readiness", wrong(notReached(error, server, signal)));
  }
}

async function lookAtReplicas({ tell }: Look, { replicas, leads }: RunningFacts): Promise<void> {
  const all = await replicas();
  const others = all.length - 1;
  const lead = leads ? "This one runs the loops" : "Another one runs the loops";
  if (others <= 0) {
    if (leads) tell("replicas", ok("It is alone, and runs the loops.", { replicas: 1, leads }));
    else {
      const says =
        "It is alone and does not run the loops: it has ended or began a moment ago, or the store is away. Look again in 10 s.";
      tell("replicas", warning(says, { replicas: 1, leads }));
    }
    return;
  }
  const facts = { replicas: all.length, leads };
  const older = all.filter(({ release }) => release !== version);
  if (older.length > 0) {
    const names = listed(older.map(({ name, release }) => `${name} (${release})`));
    const says = `${lead}. Of another release than this one's, ${version}: ${names}. Both publish the older form; replace them soon.`;
    tell("replicas", warning(says, facts));
  } else
    tell("replicas", ok(`${listed(all.map(({ name }) => name))} share the store. ${lead}.`, facts));
}

function tellPollers(
  { tell }: Look,
  { now, config }: Subject,
  { pollers }: RunningFacts,
  upFor: number,
): void {
  const age = ({ at }: RunningPoller) => (now().getTime() - at.getTime()) / 1000;
  const present = pollers.filter((poller) => age(poller) <= GONE_S).toReversed();
  const facts = { pollers: present.length };
  if (present.length === 0) {
    const last = pollers.at(-1);
    const since = last === undefined ? "" : `, the last ${spanOf(age(last))} ago (${last.name})`;
    const says = `No Traefik asks for the document${since}, so no change goes live. Is Traefik up, and does its HTTP provider name this console's internal listener (/traefik/config?wait=4s) with its token?`;
    const isCalm = config.source.local || upFor < FIRST_POLL_S || config.store === "redis";
    tell("polls", (isCalm ? warning : wrong)(says, facts));
    return;
  }
  const late = present.filter(({ isNewest }) => !isNewest);
  const named = (late.length > 0 ? late : present)
    .slice(0, NAMED_MAX)
    .map((one) => `${one.name} (revision ${one.revision}, ${spanOf(age(one))} ago)`);
  if (late.length > 0) {
    tell("polls", warning(`Not yet fetched what is published: ${listed(named)}.`, facts));
  } else tell("polls", ok(`What is published was fetched by ${listed(named)}.`, facts));
}
