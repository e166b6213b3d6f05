import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { publicAddressPart } from "../../src/doctor/public-address.ts";
import { closeServer, listen } from "../../src/listeners.ts";
import { certificateFor } from "../support/certificates.ts";
import { startTestConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "./support.ts";

const CONSOLE = "console.tardis.test";
const NAMES = ["tardis.test", "*.tardis.test"];
/** Every name leads to this machine. */
const lookup: LookupFunction = (_host, { all }, back) => {
  if (all === true) back(null, [{ address: "127.0.0.1", family: 4 }]);
  else back(null, "127.0.0.1", 4);
};

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => closeServer(server)));
});

type Answers = Readonly<Record<string, readonly [status: number, body: string]>>;
const UNAUTHENTICATED = [401, '{"code":"unauthenticated"}'] as const;
const WELL: Answers = { [`${CONSOLE}/api/v1/whoami`]: UNAUTHENTICATED };

interface Stage {
  readonly answers?: Answers;
  readonly names?: readonly string[];
  readonly redirect?: readonly [status: number, to: string];
  readonly now?: () => Date;
  readonly isTrusted?: boolean;
}

/** What Traefik stands for here: TLS for the zone, and plain HTTP. */
async function look({
  answers = WELL,
  names = NAMES,
  redirect = [301, "https://x/"],
  now,
  isTrusted = true,
}: Stage) {
  const { cert, key } = await certificateFor(names);
  const answer: RequestListener = ({ headers, url }, response) => {
    const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^doctor-\w+/, "*");
    const [status, body] = answers[`${host}${url}`] ?? [404, "nothing here"];
    response.writeHead(status).end(body);
  };
  const https = createHttps({ cert, key }, answer);
  const http = createHttp((_request, response) => {
    response.writeHead(redirect[0], { location: redirect[1] }).end();
  });
  servers.push(https, http);
  const anywhere = { host: "127.0.0.1", port: 0 };
  const port = await listen(https, anywhere, "test");
  const httpPort = await listen(http, anywhere, "test");
  const config = configFrom({
    PUBLICURL: `https://${CONSOLE}:${port}`,
    TRAEFIK__HTTPSPORT: String(port),
  });
  const net = { lookup, httpPort, ...(isTrusted ? { ca: cert } : {}) };
  const subject = subjectOf(config, { net, ...(now === undefined ? {} : { now }) });
  return lookAt(publicAddressPart(subject));
}

const later = (days: number) => () => new Date(Date.now() + days * 86_400_000);

/** What the doctor says of an internal listener that is said to be bound there, with what is at its port. */
async function lookAtPort(bound: string, port: number, at = "127.0.0.1") {
  const config = configFrom({
    PUBLICURL: `https://${CONSOLE}:1`,
    TRAEFIK__HTTPSPORT: "1",
    INTERNAL__HOST: bound,
    INTERNAL__PORT: String(port),
    INTERNAL__TOKEN: "a-token-of-the-provider",
  });
  const toIt: LookupFunction = (_host, { all }, back) => {
    if (all === true) back(null, [{ address: at, family: 4 }]);
    else back(null, at, 4);
  };
  const net = { lookup: toIt, httpPort: 1 };
  const lines = await lookAt(publicAddressPart(subjectOf(config, { net })));
  return saidOf(lines, "internal listener");
}

describe("the doctor at the public address, of the port of the internal listener", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: RunningConsole;
  beforeAll(async () => {
    folder = await temporaryFolder();
    running = await startTestConsole(folder.path, {
      internal: { host: "127.0.0.7", port: 0, token: "a-token-of-the-provider" },
    });
  }, 60_000);
  afterAll(async () => {
    await running?.close();
    await folder?.remove();
  });

  it.each(["0.0.0.0", "::", "192.0.2.8"])(
    "warns where it is bound to %s and answers there",
    async (bound) => {
      const said = await lookAtPort(bound, running.internalPort, "127.0.0.7");
      const places = [CONSOLE, "tardis.test"].map((name) => `${name}:${running.internalPort}`);
      expect(said).toContain(`warning: It is bound to ${bound} and answers`);
      expect(said).toContain(places.join(" and "));
    },
  );

  it("is content where it is bound to loopback, or the public address leads elsewhere", async () => {
    const { internalPort } = running;
    expect(await lookAtPort("127.0.0.7", internalPort, "127.0.0.7")).toMatch(/^ok: .*127\.0\.0\.7/);
    const elsewhere = await lookAtPort("0.0.0.0", internalPort, "127.0.0.8");
    expect(elsewhere).toBe(
      `ok: It is not to be reached at ${CONSOLE}:${internalPort} and tardis.test:${internalPort}.`,
    );
  });

  it("takes no other server at that port for it, and does not wait for one that is silent", async () => {
    const other = createHttp((_request, response) => response.end("<title>Welcome!</title>"));
    const silent = createHttp(() => undefined);
    servers.push(other, silent);
    for (const server of [other, silent]) {
      const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
      expect(await lookAtPort("0.0.0.0", port)).toMatch(/^ok: It is not to be reached at /);
    }
  });
});

describe("the doctor at the public address", () => {
  it("finds nothing wrong where visitors get what they should", async () => {
    const lines = await look({});
    expect(faultsIn(lines)).toEqual([]);
    expect(lines.map(({ what }) => what).toSorted()).toEqual([
      "console",
      "console's certificate",
      "internal listener",
      "internal paths at the console's host",
      "internal paths at the zone's hosts",
      "redirect",
      "zone's certificate",
    ]);
    expect(saidOf(lines, "zone's certificate")).toMatch(/good for \d+ more days/);
  });

  it.each<[string, Stage, RegExp]>([
    [
      "somebody else's page",
      { answers: {} },
      /^wrong console: .*is not this console's API \(404\)/m,
    ],
    [
      "a certificate without the wildcard",
      { names: [CONSOLE] },
      /^wrong zone's certificate: The certificate of doctor-.* is for another name/m,
    ],
    [
      "a certificate for the zone alone",
      { names: ["tardis.test"] },
      /^wrong console: The certificate of console.* is for another name/m,
    ],
    [
      "a certificate that nobody trusts",
      { isTrusted: false },
      /^wrong console: .*is not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/m,
    ],
    [
      "a certificate that ends soon",
      { now: later(355) },
      /^warning zone's certificate: .*good for \d more days\. Traefik renews/m,
    ],
    ["no redirect", { redirect: [200, ""] }, /^wrong redirect: .*answers 200/m],
    [
      "a redirect for now only",
      { redirect: [302, "https://x/"] },
      /^wrong redirect: .*answers 302/m,
    ],
    ["a redirect to HTTP", { redirect: [301, "http://x/"] }, /^wrong redirect: /m],
    [
      "the metrics for all to read",
      { answers: { ...WELL, [`${CONSOLE}/metrics`]: [200, "# HELP tardis_state_revision x"] } },
      /^wrong internal paths at the console's host: Everybody can read \/metrics at/m,
    ],
    [
      "the provider behind a host of the zone",
      {
        answers: {
          ...WELL,
          "*.tardis.test/traefik/config": [
            401,
            '{"detail":"The provider\'s token is missing or wrong."}',
          ],
        },
      },
      /^wrong internal paths at the zone's hosts: Everybody can read \/traefik\/config/m,
    ],
    [
      "the health for all to read",
      { answers: { ...WELL, "*.tardis.test/readyz": [200, '{"ready":true}'] } },
      /^wrong internal paths at the zone's hosts: .*\/readyz/m,
    ],
  ])("tells of %s", async (_what, stage, says) => {
    expect(faultsIn(await look(stage)).join("\n")).toMatch(says);
  });

  it("has nothing to look at on this machine alone", async () => {
    const config = configFrom({ PUBLICURL: "http://localhost:8080" });
    const lines = await lookAt(publicAddressPart(subjectOf(config)));
    expect(lines).toMatchObject([{ what: "console", state: "skipped" }]);
  });
});
