import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "./support.ts";
import { emptyState } from "../../src/domain/state.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { traefikParts } from "../../src/traefik/doctor/part.ts";
import { versionFound } from "../../src/traefik/doctor/version.ts";
import { render } from "../../src/traefik/render.ts";
import { startDocumentServer, type DocumentServer } from "../support/document-server.ts";
import { freePort } from "../support/ports.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik, type TraefikOptions } from "../support/traefik.ts";

const WELL_SET = { http: { aliasHeadersStrategy: "delete" } };
const entryPoints = { web: WELL_SET, websecure: WELL_SET };
const resolver = (challenge: object) => ({
  certificatesResolvers: {
    le: {
      acme: {
        email: "a@tardis.test",
        storage: "acme.json",
        caServer: "https://127.0.0.1:1/",
        ...challenge,
      },
    },
  },
});
const DNS = resolver({ dnsChallenge: { provider: "manual" } });

const env = (apiUrl: string, more: Record<string, string> = {}) => ({
  TRAEFIK__APIURLS: apiUrl,
  TRAEFIK__VERSION: "3.7",
  TRAEFIK__CERTRESOLVER: "le",
  USERHOMES__ENABLED: "true",
  PAGES__ENABLED: "true",
  ...more,
});

async function look(apiUrl: string, more: Record<string, string> = {}) {
  return lookAt(...traefikParts(subjectOf(configFrom(env(apiUrl, more)))));
}

describeWithService("traefik", "the doctor at a real Traefik", () => {
  let documents: DocumentServer;
  let traefik: Traefik;

  beforeAll(async () => {
    documents = await startDocumentServer(documentOf({}));
    traefik = await startTraefik({
      provider: { url: documents.url },
      entryPoints,
      staticConfiguration: DNS,
    });
    await traefik.waitUntil(() => traefik.router("zone-default"), "the routers");
  }, 60_000);
  afterAll(async () => {
    await traefik?.stop();
    await documents?.close();
  });

  it("finds nothing wrong with one that is set as we tell people to", async () => {
    const lines = await look(traefik.apiUrl);
    expect(faultsIn(lines)).toEqual([]);
    expect(saidOf(lines, "version")).toMatch(/^ok: Traefik 3\.7\.\d+, as traefik\.version says\.$/);
    expect(saidOf(lines, "provider")).toContain("pollInterval 50ms, pollTimeout 15s");
    expect(saidOf(lines, "certificate resolver")).toBe("ok: There is le, with a DNS challenge.");
    expect(saidOf(lines, "entry point websecure")).toContain("takes HTTPS at 127.0.0.1:");
    expect(saidOf(lines, "routers")).toMatch(/^ok: All of ours are in force/);
    expect(lines.find(({ what }) => what === "version")?.facts["version"]).toMatch(/^3\.7\./);
  });

  it.each<[string, Record<string, string>, string | RegExp]>([
    [
      "no version",
      { TRAEFIK__VERSION: "null" },
      /^warning version: .*set traefik\.version to "3\.7"/,
    ],
    [
      "an old version",
      { TRAEFIK__VERSION: "3.6" },
      /^warning version: .*traefik\.version is 3\.6: set it to "3\.7"/,
    ],
    [
      "an entry point",
      { TRAEFIK__ENTRYPOINTS__HTTPS: "https" },
      /^wrong entry point https: Traefik has no entry point https, only .*websecure/,
    ],
    [
      "a resolver",
      { TRAEFIK__CERTRESOLVER: "nope" },
      /^wrong certificate resolver: Traefik has no certificate resolver nope \(it has: le\)/,
    ],
    [
      "a middleware",
      { TRAEFIK__MIDDLEWARES: "auth@file" },
      /^wrong middleware auth@file: Traefik has no auth@file/,
    ],
  ])("tells that %s of the configuration is not Traefik's", async (_what, more, says) => {
    const faults = faultsIn(await look(traefik.apiUrl, more));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(says);
  });

  it("tells which routers Traefik has switched off, and why", async () => {
    documents.set(documentOf({ certResolver: null, middlewares: ["gone@file"] }));
    await traefik.waitUntil(
      async () => (await traefik.router("zone-default"))?.status === "disabled",
      "the router to be switched off",
    );
    const faults = faultsIn(await look(traefik.apiUrl));
    expect(faults).toEqual([
      expect.stringMatching(
        /^wrong routers: Traefik has switched off .*zone-default@http \(middleware "gone@file" does not exist\)\.$/,
      ),
    ]);
    documents.set(documentOf({}));
    await traefik.waitUntil(
      async () => (await traefik.router("zone-default"))?.status === "enabled",
      "the router to be in force",
    );
  });
});

describeWithService("traefik", "a Traefik that is set up wrongly", () => {
  const web = (more: object) => ({ entryPoints: { ...entryPoints, web: more } });
  const websecure = (more: object) => ({ entryPoints: { ...entryPoints, websecure: more } });
  const set = (http: object) => ({ http: { ...WELL_SET.http, ...http } });

  it.each<[string, Partial<TraefikOptions>, RegExp]>([
    [
      "everybody's X-Forwarded-For",
      web({ ...WELL_SET, forwardedHeaders: { insecure: true } }),
      /^warning entry point web: web believes everybody's X-Forwarded-For/,
    ],
    [
      "everybody's PROXY protocol",
      websecure({ ...WELL_SET, proxyProtocol: { insecure: true } }),
      /^warning entry point websecure: .*PROXY protocol/,
    ],
    [
      "paths as they come",
      websecure(set({ sanitizePath: false })),
      /^warning entry point websecure: .*sanitizePath/,
    ],
    [
      "headers with underscores",
      websecure({}),
      /^warning entry point websecure: .*aliasHeadersStrategy to delete/,
    ],
    [
      "a certificate a host",
      websecure(set({ tls: { certResolver: "le" } })),
      /^warning entry point websecure: .*certResolver le\), so a certificate is ordered for each/,
    ],
    ["TLS where HTTP is expected", web(set({ tls: {} })), /^wrong entry point web: web speaks TLS/],
    [
      "redirects before ours",
      web(set({ redirections: { entryPoint: { to: "websecure" } } })),
      /^warning entry point web: web redirects by itself .*custom domains get no certificates/,
    ],
    [
      "challenges of its own",
      { staticConfiguration: resolver({ httpChallenge: { entryPoint: "web" } }) },
      /^warning entry point web: .*allowACMEByPass/,
    ],
    [
      "no DNS challenge",
      { staticConfiguration: resolver({ tlsChallenge: {} }) },
      /^wrong certificate resolver: The resolver le has no dnsChallenge/,
    ],
    [
      "rules of Traefik 2",
      { staticConfiguration: { ...DNS, core: { defaultRuleSyntax: "v2" } } },
      /^wrong rule syntax: /,
    ],
    [
      "a slow poll",
      {
        provider: { url: "http://127.0.0.1:1/", pollInterval: "30s", pollTimeout: "5s" },
        throttle: "2s",
      },
      /^warning provider: .*pollInterval to 50ms; .*pollTimeout to 15s; .*providersThrottleDuration to 20ms/,
    ],
    [
      "nobody to ask",
      { provider: { url: "http://127.0.0.1:1/" } },
      /^wrong routers: Traefik has none of our routers/,
    ],
    ["no HTTP provider", {}, /^wrong provider: Traefik has no HTTP provider/],
  ])(
    "has %s",
    async (_what, options, says) => {
      const traefik = await startTraefik({ entryPoints, staticConfiguration: DNS, ...options });
      try {
        const faults = faultsIn(await look(traefik.apiUrl));
        expect(faults.join("\n")).toMatch(new RegExp(says.source, "m"));
      } finally {
        await traefik.stop();
      }
    },
    30_000,
  );
});

describe("an API that is none", () => {
  it("is told in words", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(faultsIn(await look(url))).toEqual([
      `wrong API: Nothing listens at ${new URL(url).host}. Is Traefik's API running, and the port in traefik.apiUrls right?`,
    ]);
    const other = await startDocumentServer("{}");
    expect(faultsIn(await look(new URL(other.url).origin))).toEqual([
      expect.stringContaining("is not Traefik's API"),
    ]);
    await other.close();
  });

  it("is not looked for where the configuration names none", async () => {
    expect(await lookAt(...traefikParts(subjectOf(configFrom())))).toMatchObject([
      { part: "Traefik", what: "API", state: "skipped" },
    ]);
  });
});

describe("a version of Traefik", () => {
  it.each([
    ["3.7.15", "3.7", "auto", "ok"],
    ["3.8.0", "3.8", "auto", "ok"],
    ["3.7.3", "3.7", "auto", "warning"],
    ["3.6.2", "3.6", "auto", "warning"],
    ["3.7.15", null, "auto", "warning"],
    ["3.7.15", "3.5", "auto", "warning"],
    ["3.5.3", "3.7", "auto", "wrong"],
    ["3.5.3", null, "tree", "wrong"],
    ["3.5.3", null, "auto", "warning"],
    ["2.11.0", "3.7", "auto", "wrong"],
    ["4.0.0", "3.7", "auto", "wrong"],
  ] as const)(
    "%s, configured as %s with layout %s, is %s",
    (version, configured, layout, state) => {
      expect(versionFound(version, { version: configured, layout })).toMatchObject({ state });
    },
  );
});

function documentOf(traefik: object): string {
  const config = configFrom(env("http://127.0.0.1:1"));
  const rules = rulesFrom(config);
  const settings = { ...config, traefik: { ...config.traefik, ...traefik }, rules };
  const { document } = render(emptyState, settings);
  return Buffer.concat(document.json.parts).toString("latin1");
}
