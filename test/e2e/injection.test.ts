import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context, Verb } from "../../src/domain/decision.ts";
import type { Endpoint, Entity, Page } from "../../src/domain/entities.ts";
import { type Actor, operator } from "../../src/domain/policy.ts";
import { type State, apply } from "../../src/domain/state.ts";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { updateEndpoint } from "../../src/endpoints/update.ts";
import { Refusal } from "../../src/errors.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { grantLabel, reserveLabel } from "../../src/owners/labels.ts";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { render } from "../../src/traefik/render.ts";
import { startBackend } from "../support/backends.ts";
import { expectNoComplaint, publishBytes } from "../support/live.ts";
import { describeWithService } from "../support/services.ts";
import { type Stage, startStage } from "../support/stage.ts";
import {
  endpoint,
  group,
  holder,
  page,
  person,
  reserved,
  stateOf,
  zone,
} from "../support/states.ts";

// Whatever is typed is either refused or becomes exactly the routers that were meant.

const seed = Number(process.env["TARDIS_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const attempts = 400;
const rounds = 4;

const alice = person("alice");
const games = group("games", { managers: [alice.id] });
const member: Actor = {
  name: "alice",
  owner: alice.id,
  admin: false,
  scopes: new Set(["read", "endpoints", "owners", "tokens"]),
  token: null,
};
const ownHosts = ["own.example", "*.wild.example"];
const quota = {
  endpoints: 1000,
  labels: 1000,
  pages: 1000,
  tokens: 10,
  namespaces: 1,
  databases: 5,
  databaseAccounts: 5,
  buckets: 5,
  bucketKeys: 10,
  bucketGigabytes: 20,
  targetsPerEndpoint: 8,
  changesPerHour: 240,
};

const pieces = [
  "`",
  '"',
  "'",
  "\n",
  "\r\n",
  "\t",
  "\u0000",
  "\u007f",
  "\u0085",
  "\u2028",
  "||",
  "&&",
  " || Host(`evil.example`)",
  "`) || PathPrefix(`/",
  ")",
  "(",
  "!",
  "${x}",
  "{{.}}",
  "\\",
  "\\`",
  "é",
  "\u0131",
  "\u212a",
  "\u017f",
  "😀",
  "\ud800",
  "*",
  "^",
  "$",
  "|",
  ".",
  "..",
  "/",
  "//",
  "%2F",
  "%60",
  "%",
  "?",
  "#",
  "@",
  "@file",
  ":",
  ";",
  "-",
  "--",
  "_",
  "~",
  " ",
  ",",
  "[",
  "]",
  "0",
  "127.1",
  "0x7f.1",
  "2130706433",
  "[::ffff:127.0.0.1]",
  "[fe80::1%25eth0]",
  "localhost",
  "xn--",
  "xn--bcher-kva",
  "xn--a",
  "bücher",
  "alice",
  "games",
  "foo",
  "Foo",
  "www",
  "held",
  `.${zone}`,
  zone,
  "own.example",
  "a.wild.example",
  "wild.example",
  "http://",
  "https://",
  "h2c://",
  "127.0.0.1",
  "127.0.0.1:9",
  "user:pw@",
  "auth",
  "<<",
  "null",
  "true",
  "~",
  "1e9",
  "x".repeat(64),
  "a.".repeat(130),
  "y".repeat(10_000),
];
const nasty = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);
/** Mostly what is right, so that one wrong thing at a time reaches the parser behind it. */
const mostly = (good: fc.Arbitrary<string>, bad: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad });
const labels = mostly(fc.stringMatching(/^[a-z0-9-]{1,8}$/), nasty);
const somePath = mostly(
  fc.stringMatching(/^(\/[A-Za-z0-9._~-]{1,6}){0,3}$/),
  fc.oneof(
    nasty,
    nasty.map((text) => `/${text}`),
  ),
);
const someTarget = mostly(
  fc.constantFrom("http://127.0.0.1:9", "http://127.0.0.2:9"),
  fc.oneof(
    nasty,
    nasty.map((text) => `http://${text}`),
    nasty.map((text) => `http://127.0.0.1:9${text}`),
    fc.constantFrom("https://127.0.0.2:443", "h2c://127.0.0.3"),
  ),
);

/** One thing that somebody tries. */
type Attempt = (state: State, context: Context) => State;

function tried<Input>(verb: Verb<Input, unknown>, actor: Actor, input: Input): Attempt {
  return (state, context) => {
    try {
      return apply(state, verb(state, { ...context, actor }, input).changes, context.revision);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The message is shown to people as it is.
      expect(error.message.length).toBeLessThan(400);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be shown
      expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      return state;
    }
  };
}

const actors = fc.constantFrom(member, operator);
const endpointAttempt = fc
  .record({
    actor: actors,
    owner: mostly(fc.constantFrom("alice", "games"), nasty),
    label: fc.option(mostly(fc.constantFrom("alice", "games"), labels), {
      nil: undefined,
      freq: 1,
    }),
    host: fc.option(
      fc.oneof(
        nasty,
        labels.map((text) => `${text}.${zone}`),
        labels.map((text) => `${text}.deep.${zone}`),
        fc.constantFrom(zone, `www.${zone}`, "own.example"),
      ),
      { nil: undefined, freq: 2 },
    ),
    path: somePath,
    target: someTarget,
    stripPrefix: fc.boolean(),
    health: fc.option(somePath, { nil: undefined, freq: 1 }),
  })
  .map(({ actor, label, host, health, ...rest }): Attempt => {
    const place =
      actor.admin && host !== undefined ? { host } : label === undefined ? {} : { label };
    const healthCheck = health === undefined ? {} : { healthCheck: { path: health } };
    return tried(createEndpoint, actor, { ...rest, ...place, ...healthCheck });
  });
const updateAttempt = fc
  .record({ actor: actors, path: somePath, targets: fc.array(someTarget, { maxLength: 3 }) })
  .map(({ actor, path, targets }): Attempt => (state, context) => {
    const id = [...state.endpoints.keys()].toSorted()[0];
    return id === undefined
      ? state
      : tried(updateEndpoint, actor, { id, path, targets })(state, context);
  });
const ownerAttempt = fc
  .record({ actor: actors, name: labels, displayName: nasty, label: labels })
  .chain(({ actor, name, displayName, label }) =>
    fc.constantFrom(
      tried(createPerson, actor, { username: name, displayName }),
      tried(createGroup, actor, { name, managers: [name] }),
      tried(grantLabel, actor, { label, owner: "games" }),
      tried(reserveLabel, actor, { label, reason: displayName }),
      tried(updatePerson, actor, { id: "alice", displayName }),
      tried(updateGroup, actor, { id: "games", name }),
    ),
  );
const attempt = fc.oneof(
  { weight: 6, arbitrary: endpointAttempt },
  { weight: 1, arbitrary: updateAttempt },
  { weight: 3, arbitrary: ownerAttempt },
);

interface Published {
  readonly http: { readonly routers: Readonly<Record<string, { readonly rule: string }>> };
}
const routersIn = (body: Buffer) => (JSON.parse(body.toString("latin1")) as Published).http.routers;

/** The names of all routers that a state's endpoints and hosts should have. */
function intended(state: State): string[] {
  const hosts = new Set<string>();
  const whole = new Set<string>();
  for (const { host, path } of state.endpoints.values()) {
    hosts.add(host);
    if (path === "") whole.add(host);
  }
  const projects = `projects.${zone}`;
  const rests = [...state.labels.values()].filter(({ restsUntil }) => restsUntil !== undefined);
  const defaults = [...hosts].filter((host) => !whole.has(host) && host !== projects);
  return [
    ...[...state.endpoints.keys()].map((id) => `endpoint-${id}`),
    ...defaults.map(() => "default"),
    ...rests.map(() => "given-back"),
    "console",
    ...(whole.has(projects) ? [] : ["page-sign-in"]),
    "redirect-claimed",
    "zone-default",
    "redirect",
    "pages-challenge",
  ].toSorted();
}

const withoutHash = (name: string) =>
  name
    .replace(/^(default|console|given-back|page-sign-in|redirect-claimed)-[0-9a-f]{16}$/, "$1")
    .replace("redirect-claimed-first", "redirect-claimed");

/** A rule of ours: matchers of literals, joined. Nothing that was typed can be more than a literal. */
const literal = "`[^`]*`";
const matcher = `!?(?:Host|HostRegexp|Path|PathPrefix|QueryRegexp)\\(${literal}(?:, ${literal})?\\)`;
const RULE = new RegExp(
  `^(?:${matcher}|\\(${matcher}(?: \\|\\| ${matcher})*\\))(?: && (?:${matcher}|\\(${matcher}(?: \\|\\| ${matcher})*\\)))*$`,
);

describeWithService("traefik", "what people type", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage?.close());

  it(`is refused or becomes the routers that were meant (TARDIS_FUZZ_SEED=${seed})`, async () => {
    for (let round = 0; round < rounds; round++) {
      const settings = stage.settings({ ownHosts, quotas: { person: quota, group: quota } });
      let state = stateOf(holder(alice), holder(games), reserved("held"));
      let made = 0;
      const base = { actor: operator, now: new Date(), rules: settings.rules, newSecret: () => "" };
      for (const attack of fc.sample(attempt, { numRuns: attempts, seed: seed + round })) {
        const revision = state.revision + 1;
        state = attack(state, { ...base, revision, newId: (prefix) => `${prefix}-${++made}` });
      }
      const { body, unrouted } = render(state, settings);
      expect(unrouted).toEqual([]);
      expect(body.toString("latin1")).toMatch(/^[ -~]*$/);
      const routers = routersIn(body);
      // Many hosts have more than one redirect.
      const names = Object.keys(routers).map(withoutHash);
      const others = names.filter((name) => name !== "redirect-claimed");
      expect(others.length).toBeLessThan(names.length);
      expect([...others, "redirect-claimed"].toSorted()).toEqual(intended(state));
      for (const { rule } of Object.values(routers)) expect(rule).toMatch(RULE);
      expect(state.endpoints.size).toBeGreaterThan(10);
      await publishBytes(stage.published, body);
      await expectNoComplaint(stage.published);
      const live = (await stage.published.traefik.routers()).filter(
        ({ provider }) => provider === "http",
      );
      expect(live.map(({ name }) => name.replace("@http", "")).toSorted()).toEqual(
        Object.keys(routers).toSorted(),
      );
    }
  }, 60_000);
});

describeWithService("traefik", "a record that slipped past every parser", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage?.close());

  const bob = person("bob");
  const good: Entity[] = [
    ...holder(alice),
    ...holder(bob),
    endpoint(alice, { path: "/good" }),
    endpoint(bob, {}),
    page(alice, { host: `alice.${zone}`, path: "/site" }),
  ];
  const poisoned: [what: string, change: Partial<Record<keyof Endpoint, unknown>>][] = [
    ["a path that ends the literal", { path: "/x`) || PathPrefix(`/" }],
    ["a path with a line feed", { path: "/a\nb" }],
    ["a path beyond ASCII", { path: "/é" }],
    ["a path without a slash", { path: "foo" }],
    ["a path that ends in a slash", { path: "/foo/" }],
    ["a path of 10 kB", { path: `/${"a".repeat(10_000)}` }],
    ["a path that is no text", { path: 5 }],
    ["a host that ends the literal", { host: `x\`) || Host(\`bob.${zone}` }],
    ["a host that is a pattern", { host: `(.*).${zone}` }],
    ["a host with a space", { host: `a b.${zone}` }],
    ["a host in upper case", { host: `ALICE.${zone}` }],
    ["a host with a trailing dot", { host: `alice.${zone}.` }],
    ["an empty host", { host: "" }],
    ["a host beyond ASCII", { host: `é.${zone}` }],
    ["a target with a backtick", { targets: ["http://127.0.0.1:9`"] }],
    ["a target with a path", { targets: ["http://127.0.0.1:9/x"] }],
    ["a target of another scheme", { targets: ["file:///etc/passwd"] }],
    ["a target in an odd spelling", { targets: ["http://127.1:9"] }],
    ["no targets", { targets: [] }],
    ["targets that are no list", { targets: "http://127.0.0.1:9" }],
    ["an id that ends the text", { id: 'ep-"x' }],
    ["a flag that is no flag", { passHostHeader: "maybe" }],
    [
      "a health check of another host",
      { healthCheck: { path: "//x", intervalSeconds: 10, timeoutSeconds: 1 } },
    ],
    [
      "a health check without end",
      { healthCheck: { path: "/", intervalSeconds: Number.NaN, timeoutSeconds: 1 } },
    ],
    ["a key that nobody knows", { surprise: {} } as never],
  ];

  it.each(poisoned)("%s: it alone is set aside, and changes go live", async (_what, change) => {
    const bad = { ...endpoint(alice, { path: "/bad" }), ...change } as Endpoint;
    const settings = stage.settings();
    const without = render(stateOf(good), settings);
    const rendered = render(stateOf(good, bad), settings);
    expect(rendered.body.equals(without.body)).toBe(true);
    expect(rendered.unrouted).toMatchObject([
      { kind: "endpoint", id: bad.id, owner: alice.id, state: "set-aside" },
    ]);
    expect(rendered.unrouted[0]?.reason).toMatch(/\.$/);
  });

  it.each([
    ["path", { path: "/x`" }],
    ["host", { host: `a\`.${zone}` }],
    ["foreign host", { host: "a b.example" }],
  ])("a page with a bad %s is set aside by itself", (_what, change) => {
    const bad = { ...page(alice, { host: `alice.${zone}`, path: "/bad" }), ...change } as Page;
    const settings = stage.settings();
    const rendered = render(stateOf(good, bad), settings);
    expect(rendered.body.equals(render(stateOf(good), settings).body)).toBe(true);
    expect(rendered.unrouted).toMatchObject([{ kind: "page", id: bad.id, state: "set-aside" }]);
  });

  it("an owner's grants that cannot be read set aside that owner's endpoints alone", () => {
    const odd = { ...alice, targets: [{ network: "everything", ports: ["x"] }] };
    const entities = good.map((entity) => (entity.id === alice.id ? (odd as Entity) : entity));
    const { unrouted, table } = render(stateOf(entities), stage.settings());
    expect(unrouted).toMatchObject([{ kind: "endpoint", owner: alice.id, state: "set-aside" }]);
    const bobs = table.hosts.get(`bob.${zone}`)?.routes.map(({ kind }) => kind);
    expect(bobs).toEqual(["endpoint"]);
  });

  it("does not keep the next change of somebody else from the real Traefik", async () => {
    const bad = poisoned.map(([, change], index) => {
      return { ...endpoint(alice, { path: `/bad-${index}` }), ...change } as Endpoint;
    });
    const service = await stage.member("service");
    await stage.show([good, bad]);
    expect(await stage.who(`bob.${zone}`, "/new")).toBe("502");
    const fresh = endpoint(bob, { path: "/new", targets: [service.url] });
    const { unrouted } = await stage.show([good, bad, fresh]);
    expect(await stage.who(`bob.${zone}`, "/new")).toBe("service");
    expect(unrouted.length).toBeGreaterThan(10);
    await expectNoComplaint(stage.published);
  });

  it("with a health check of two slashes is no check of another host in Traefik, but a failing one", async () => {
    const elsewhere = await startBackend("elsewhere");
    const { published } = stage;
    const healthCheck = {
      path: `//127.0.0.1:${elsewhere.port}/healthz`,
      interval: "50ms",
      timeout: "1s",
    };
    const servers = [{ url: (await stage.member("service")).url }];
    await published.publish({
      http: {
        services: { target: { loadBalancer: { servers, healthCheck } } },
        routers: { target: { entryPoints: ["web"], rule: "Host(`x.example`)", service: "target" } },
      },
    });
    const { traefik } = published;
    await traefik.waitUntil(() => traefik.log().includes("must be a relative URL"), "the failure");
    expect(elsewhere.healthChecks + elsewhere.requests).toBe(0);
    await elsewhere.close();
  });
});
