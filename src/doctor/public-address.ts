import { isLoopbackHost } from "../config/syntax.ts";
import {
  ok,
  skipped,
  warning,
  wrong,
  type Found,
  type Look,
  type Part,
  type Subject,
} from "../checks/check.ts";
import type { Reach, Reached } from "../checks/reach.ts";
import { codeOf, hostOf, notReached } from "../checks/unreachable.ts";
import { anyBelow } from "./dns.ts";
import { listed } from "./words.ts";

/** Whoever renews by ACME has done so by then; what is left is time to mend it. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
/** Whoever drops what comes to a port leaves one waiting. */
const DROPPED_MS = 2_000;
/** What only the internal listener answers, and how it is known. */
const INTERNAL = [
  ["/metrics", /tardis_state_revision/],
  ["/traefik/config", /^\{"http":|The provider's token is missing or wrong/],
  ["/readyz", /"ready":/],
] as const;

/** The console and the zone as visitors reach them: certificates, redirects, what must not be there. */
export function publicAddressPart(subject: Subject): Part {
  const { config } = subject;
  return {
    name: "Public address",
    look: async (look) => {
      const { host } = hostOf(config.publicUrl);
      if (isLoopbackHost(host)) {
        const says = `${config.publicUrl} is this machine itself: nobody else reaches it.`;
        look.tell("console", skipped(says));
        return;
      }
      await Promise.all([
        lookAtConsole(look, subject),
        lookAtWildcard(look, subject),
        lookAtRedirect(look, subject),
        lookAtInternalPort(look, subject),
      ]);
    },
  };
}

async function lookAtConsole({ tell, signal }: Look, subject: Subject): Promise<void> {
  const { config, reach, now } = subject;
  const { publicUrl } = config;
  const server = { name: "The console", key: "publicUrl", url: publicUrl };
  let answer: Reached;
  try {
    answer = await reach.get(`${publicUrl}/api/v1/whoami`, { signal });
  } catch (error) {
    tell("console", unreached(error, server, signal));
    return;
  }
  if (answer.certificateUntil !== undefined) {
    const { host } = hostOf(publicUrl);
    tell("console's certificate", certificateFound(host, answer.certificateUntil, now()));
  }
  const isOurs = answer.status === 401 && /"unauthenticated"/.test(answer.body.toString());
  if (!isOurs) {
    const says = `What answers at ${publicUrl} is not this console's API (${answer.status}): does a router lead there, and traefik.consoleUrl to the public listener?`;
    tell("console", wrong(says, { status: answer.status }));
    return;
  }
  tell("console", ok(`The console answers at ${publicUrl}.`));
  await lookForInternal({ tell, signal }, subject, publicUrl, "console's host");
}

/** A name that nobody has gets the zone's certificate, and the default. */
async function lookAtWildcard({ tell, signal }: Look, subject: Subject): Promise<void> {
  const { config, reach, now } = subject;
  const { httpsPort } = config.traefik;
  const name = `*.${config.zone}`;
  const origin = `https://${anyBelow(name)}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
  const server = { name, key: "zone", url: origin };
  try {
    const { certificateUntil } = await reach.get(`${origin}/`, { signal });
    if (certificateUntil !== undefined) {
      tell("zone's certificate", certificateFound(name, certificateUntil, now()));
    }
  } catch (error) {
    tell("zone's certificate", unreached(error, server, signal));
    return;
  }
  await lookForInternal({ tell, signal }, subject, origin, "zone's hosts");
}

async function lookAtRedirect({ tell, signal }: Look, subject: Subject): Promise<void> {
  const { config, reach } = subject;
  if (!config.publicUrl.startsWith("https:")) return;
  const { hostname } = new URL(config.publicUrl);
  const url = `http://${hostname}${reach.httpPort === 80 ? "" : `:${reach.httpPort}`}/`;
  const server = { name: "Traefik", key: "publicUrl", url };
  try {
    const { status, headers } = await reach.get(url, { signal });
    const to = headers.location ?? "";
    const isRight = [301, 308].includes(status) && to.startsWith("https://");
    tell(
      "redirect",
      isRight
        ? ok("Plain HTTP is sent to HTTPS.", { status })
        : wrong(
            `${url} answers ${status} and does not send visitors to HTTPS for good (301 or 308): is traefik.entryPoints.http the entry point of port 80?`,
            { status },
          ),
    );
  } catch (error) {
    tell("redirect", unreached(error, server, signal));
  }
}

/**
 * Where it is bound beyond loopback, a port that is open to all would show what is the console's alone.
 * Whether it is open to others cannot be known from here: a firewall lets this machine through.
 */
async function lookAtInternalPort(
  { tell, signal }: Look,
  { config, reach }: Subject,
): Promise<void> {
  const what = "internal listener";
  const { host, port } = config.internal;
  if (isLoopbackHost(host)) {
    tell(what, ok(`It is bound to ${host}, which this machine alone reaches.`));
    return;
  }
  if (port === 0) {
    tell(what, skipped("internal.port is 0: which port it has is known to the console alone."));
    return;
  }
  const { hostname } = new URL(config.publicUrl);
  const places = [...new Set([hostname, config.zone])].map((name) => `${name}:${port}`);
  const answers = await Promise.all(
    places.map((place) => isInternal(reach, `http://${place}`, signal)),
  );
  const open = places.filter((_place, index) => answers[index] === true);
  if (open.length === 0) {
    tell(what, ok(`It is not to be reached at ${listed(places)}.`, { port }));
    return;
  }
  const says = `It is bound to ${host} and answers this machine at ${listed(open)}: whoever reaches that reads the metrics, which tell of everybody. Set internal.host to an address that Traefik alone reaches, or shut the port to all others; if a firewall does so already, this is all right.`;
  tell(what, warning(says, { port }));
}

/** Whether what answers there is a console's internal listener, and not another server at that port. */
async function isInternal(reach: Reach, origin: string, signal: AbortSignal): Promise<boolean> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(DROPPED_MS)]);
  for (const [path, mark] of INTERNAL) {
    const answer = await reach.get(`${origin}${path}`, { signal: soon }).catch(() => undefined);
    if (answer === undefined) return false;
    if (mark.test(answer.body.toString())) return true;
  }
  return false;
}

/** Metrics and the document tell of everybody. */
async function lookForInternal(
  { tell, signal }: Look,
  { reach }: Subject,
  origin: string,
  where: string,
): Promise<void> {
  const what = `internal paths at the ${where}`;
  const shown: string[] = [];
  for (const [path, mark] of INTERNAL) {
    const answer = await reach.get(`${origin}${path}`, { signal }).catch(() => undefined);
    if (answer !== undefined && mark.test(answer.body.toString())) shown.push(path);
  }
  if (shown.length === 0) tell(what, ok("Nothing of the internal listener is to be seen there."));
  else {
    const says = `Everybody can read ${shown.join(", ")} at ${new URL(origin).host}: a route leads to the internal listener. Let it lead to http.port instead, and change internal.token.`;
    tell(what, wrong(says));
  }
}

/** From inside, a public address may not be reached although all others do. */
function unreached(error: unknown, server: Parameters<typeof notReached>[1], signal: AbortSignal) {
  const code = codeOf(error);
  const isSilent =
    signal.aborted || ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].includes(code ?? "");
  if (!isSilent) return wrong(notReached(error, server));
  const says = `${new URL(server.url).host} did not answer from this machine. If it does from elsewhere, this network does not lead to its own public address, and that is all.`;
  return warning(says);
}

function certificateFound(host: string, until: Date, now: Date): Found {
  const days = Math.floor((until.getTime() - now.getTime()) / DAY_MS);
  const facts = { days, until: until.toISOString() };
  const says = `The certificate for ${host} is good for ${days} more days.`;
  if (days >= SOON_DAYS) return ok(says, facts);
  return warning(
    `${says} Traefik renews 30 days before the end: look at its log for why it did not.`,
    facts,
  );
}
