import { describe, expect, it } from "vitest";
import { type Answer, answer, routeAt, type RoutedRequest } from "../../src/traefik/answer.ts";
import { routingTable } from "../../src/traefik/table.ts";
import { endpoint, holder, page, person, stateOf, testSettings, zone } from "../support/states.ts";

// The answers by themselves; the differential test holds them to the real Traefik.

const alice = person("alice");
const home = `alice.${zone}`;
const settings = testSettings({
  pages: { enabled: true },
  userhomes: { enabled: true },
  ownHosts: ["own.example", "*.wild.example"],
  publicUrl: "https://console.example",
});
const state = stateOf(
  holder(alice),
  endpoint(alice, { path: "/foo" }),
  page(alice, { host: home, path: "/Site", accessControl: true }),
  endpoint(alice, { host: "own.example" }),
);
const table = routingTable(state, { rules: settings.rules, userhomes: true });

const said = (given: Answer) => {
  if (given.kind === "route") return `${given.route.kind} ${given.route.path}`;
  if (given.kind === "unclaimed") return `else ${given.otherwise}`;
  return given.kind === "refused" ? String(given.status) : given.kind;
};
const https = (
  host: string,
  path = "/",
  sni: string | null = host.toLowerCase(),
): RoutedRequest => {
  return { entryPoint: "https", sni, host, path };
};
const http = (host: string, path = "/"): RoutedRequest => ({
  entryPoint: "http",
  sni: null,
  host,
  path,
});
const challenge = "/.well-known/acme-challenge/t";

describe("a request", () => {
  it.each<[request: RoutedRequest, expected: string]>([
    [https(home, "/foo"), "endpoint /foo"],
    [https(home, "/foo/x?y"), "endpoint /foo"],
    [https(home, "/foobar"), "default "],
    [https(home, "/site/x"), "page /Site"],
    [https(home, "/SITE/x"), "default "],
    [https(home, "/auth?state=x"), "page-sign-in /auth"],
    [https(home, "/auth"), "default "],
    [https(home, "/%zz"), "400"],
    [https(home, "/foo", null), "endpoint /foo"],
    [https(home, "/foo", ""), "endpoint /foo"],
    [https(home, "/foo", "www.example.org"), "passthrough"],
    [https(home, "/%zz", "www.example.org"), "passthrough"],
    [https("www.example.org"), "passthrough"],
    [https("www.example.org", "/", home), "else nothing"],
    [https("wild.example"), "passthrough"],
    [https("x.wild.example"), "else nothing"],
    [https("own.example"), "endpoint "],
    [https("console.example"), "console "],
    [https(`carol.${zone}`), "else userhomes"],
    [https(`_x.${zone}`), "else userhomes"],
    [https(`.${zone}`), "else nothing"],
    [https(`a.b.${zone}`), "else nothing"],
    [https(zone), "else nothing"],
    [https(`evil${zone}`), "passthrough"],
    [https("", "/", null), "else nothing"],
    [http(home), "redirect"],
    [http(home, challenge), "redirect"],
    [http(home, "/%zz"), "400"],
    [http(`${home}:x`), "502"],
    [http(`carol.${zone}`), "else redirect"],
    [http(`carol.${zone}:x`), "else refused"],
    [http("www.example.org"), "else redirect"],
    [http("www.example.org", challenge), "else challenge"],
    [http("www.example.org", "/.well-known/acme-challenge"), "else redirect"],
    [http("own.example", challenge), "redirect"],
    [http("x.wild.example", challenge), "else redirect"],
    [http("wild.example", challenge), "else challenge"],
    [http(zone, challenge), "else redirect"],
    [http(`a.b.${zone}`, challenge), "else redirect"],
  ])("%j: %s", (request, expected) =>
    expect(said(answer(table, settings, request))).toBe(expected),
  );

  it.each<
    [overrides: Parameters<typeof testSettings>[0], request: RoutedRequest, expected: string]
  >([
    [{ userhomes: { enabled: false } }, https(`carol.${zone}`), "else console"],
    [{ pages: { enabled: false } }, https("www.example.org"), "else nothing"],
    [{ pages: { enabled: true, customDomains: false } }, https("www.example.org"), "else nothing"],
    [
      { pages: { enabled: true, customDomains: false } },
      http("www.example.org", challenge),
      "else redirect",
    ],
  ])("with %j: %j: %s", (overrides, request, expected) => {
    expect(said(answer(table, testSettings(overrides), request))).toBe(expected);
  });
});

it("a route is found by host and target, and by nothing that cannot be read", () => {
  expect(routeAt(table, `${home.toUpperCase()}:443`, "/foo/x")?.kind).toBe("endpoint");
  expect(routeAt(table, `carol.${zone}`, "/")).toBeUndefined();
  expect(routeAt(table, home, "/%zz")).toBeUndefined();
});
