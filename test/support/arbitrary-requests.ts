import fc from "fast-check";
import type { RoutedRequest } from "../../src/traefik/answer.ts";
import { claimableHosts, knownPaths } from "./arbitrary-states.ts";
import { zone } from "./states.ts";

// Requests that ask for the places of `arbitrary-states.ts`, and for what is close to them.

/** Hosts that no state claims; another provider may. */
export const unclaimedHosts = [
  `zoe.${zone}`,
  `free.${zone}`,
  `app.on.${zone}`,
  `x.alice.on.${zone}`,
  `y.x.bob.on.${zone}`,
  `deep.free.${zone}`,
  `_x.${zone}`,
  `evil${zone}`,
  `${zone}.evil.example`,
  `a..${zone}`,
  "www.example.org",
  "other.example",
  "localhost",
];
const names = [...claimableHosts, ...unclaimedHosts];

/** Claimed hosts are asked for more often, so that most requests meet something. */
const someName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...claimableHosts) },
  { weight: 1, arbitrary: fc.constantFrom(...unclaimedHosts) },
);

const spelling: fc.Arbitrary<(host: string) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constant((host: string) => host) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      (host: string) => host.toUpperCase(),
      (host: string) => `${host}.`,
      (host: string) => `${host}:443`,
      (host: string) => `${host}.:8443`,
      (host: string) => `${host}:`,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (host: string) => `${host}..`,
      (host: string) => `${host}:a`,
      (host: string) => `${host}:1:2`,
      (host: string) => `${host}/x`,
      (host: string) => `x@${host}`,
      (host: string) => `.${host}`,
      (host: string) => `%61.${host}`,
      (host: string) => `${host} x`,
      (host: string) => `${host},${host}`,
      () => "127.0.0.1",
      () => "[::1]:443",
      () => "",
    ),
  },
);

const below = fc.constantFrom(
  "",
  "",
  "/",
  "/x",
  "/x/",
  "bar",
  "/bar",
  "/bar/baz/qux",
  ";a",
  "%2Fx",
  "%3Fx",
  "/%C3%A9",
  "/a%20b",
  "/é",
);
const queries = fc.constantFrom(
  "",
  "",
  "",
  "?",
  "?a=1",
  "?state=x",
  "?a=1&state=x",
  "?a;state=x",
  "?state=",
  "?state=%0a",
  "?state=%0ax",
  "?state=%zz",
  "?%73tate=+",
  "?STATE=x",
  "?state=%C3",
  "?state=x#f",
  "?a=/../foo",
);

const respelt: fc.Arbitrary<(path: string) => string> = fc.oneof(
  { weight: 6, arbitrary: fc.constant((path: string) => path) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      (path: string) => path.replace("/f", "/%66"),
      (path: string) => path.replace("/f", "/%46"),
      (path: string) => path.replace(".", "%2E"),
      (path: string) => path.replace("~", "%7e"),
      (path: string) => path.replaceAll("/", "//"),
      (path: string) => `/x/..${path}`,
      (path: string) => `/./${path}`,
      (path: string) => `/../..${path}`,
      (path: string) => `${path}/.`,
      (path: string) => `${path}/./`,
      (path: string) => `${path}/..`,
      (path: string) => `${path}/%2e%2E/`,
      (path: string) => `${path}/../foo`,
      (path: string) => `/x/..%2f${path.slice(1)}`,
      (path: string) => path.toUpperCase(),
      (path: string) => path.toLowerCase(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (path: string) => `${path}/%zz`,
      (path: string) => `${path}%`,
      (path: string) => `${path}#f`,
      (path: string) => path.slice(1),
      (path: string) => `${path}\\..\\x`,
      (path: string) => `http://alice.${zone}${path}`,
      (path: string) => `${path}/%00`,
      (path: string) => `${path}/%2561`,
      (path: string) => `${path}"<>[]{}|^\``,
    ),
  },
);

const challenge = fc.constantFrom(
  "/.well-known/acme-challenge/token",
  "/.well-known/acme-challenge/",
  "/.well-known/acme-challenge/.",
  "/.well-known/acme-challenge",
  "/x/../.well-known/acme-challenge/t",
  "/.well-known/%61cme-challenge/t",
);

const target = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.constantFrom(...knownPaths, "/other-only"), below, respelt, queries)
      .map(([path, more, respell, query]) => respell(`${path}${more}` || "/") + query)
      .map((text) => (text === "" ? "/" : text)),
  },
  { weight: 1, arbitrary: challenge },
);

/** A request as it may come, most of them well-formed. */
export const requests: fc.Arbitrary<RoutedRequest> = fc
  .record({
    name: someName,
    spell: spelling,
    path: target,
    overTls: fc.integer({ min: 0, max: 9 }).map((luck) => luck < 7),
    otherName: fc.option(fc.constantFrom(...names, null), { nil: undefined, freq: 2 }),
  })
  .map(({ name, spell, path, overTls, otherName }): RoutedRequest => {
    const host = spell(name);
    if (!overTls) return { entryPoint: "http", sni: null, host, path };
    // Most browsers ask for the name that they also send as Host; some share a connection.
    return { entryPoint: "https", sni: otherName === undefined ? name : otherName, host, path };
  });
