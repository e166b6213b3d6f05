import { describe, expect, it } from "vitest";
import {
  canonicalHost,
  hasQueryValue,
  readTarget,
  routingPath,
} from "../../src/traefik/request-target.ts";

// How Traefik reads a request. The differential test holds the same to the real one.

describe("a host", () => {
  it.each([
    ["A.Tardis.AC", "a.tardis.ac"],
    ["a.tardis.ac.", "a.tardis.ac"],
    ["a.tardis.ac..", "a.tardis.ac."],
    ["a.tardis.ac:443", "a.tardis.ac"],
    ["a.tardis.ac.:443", "a.tardis.ac"],
    ["a.tardis.ac:", "a.tardis.ac"],
    ["a.tardis.ac:http", "a.tardis.ac"],
    ["a:1:2", "a:1:2"],
    ["[::1]:8080", "[::1]"],
    ["[::1]", "[::1]"],
    ["", ""],
  ])("%s counts as %s", (sent, expected) => expect(canonicalHost(sent)).toBe(expected));
});

describe("a path", () => {
  it.each([
    ["/", "/"],
    ["/a", "/a"],
    ["/a/", "/a/"],
    ["/a//b", "/a/b"],
    ["//a", "/a"],
    ["/./a", "/a"],
    ["/a/.", "/a"],
    ["/a/./", "/a/"],
    ["/a/..", "/"],
    ["/a/../", "/"],
    ["/a/b/..", "/a"],
    ["/a/b/../", "/a/"],
    ["/../../a", "/a"],
    ["/%61", "/a"],
    ["/%2e%2E/a", "/a"],
    ["/a%2fb", "/a%2Fb"],
    ["/x/..%2fa", "/x/..%2Fa"],
    ["/%7e%2D%5f", "/~-_"],
    ["/%20%c3%a9", "/%20%C3%A9"],
    ["/%2561", "/%2561"],
    // One raw character that must not stand there, and escapes are slashes.
    ["/x/..%2fa/é", "/a/%C3%A9"],
    ['/a%2Fb"', "/a/b%22"],
    ["/a%2Fb!()'*[]", "/a%2Fb!()'*[]"],
    ["/a%3Fb^", "/a%3Fb%5E"],
  ])("%s counts as %s", (sent, expected) => expect(routingPath(sent)).toBe(expected));
});

describe("a query", () => {
  it.each([
    ["state=x", true],
    ["a=1&state=x", true],
    ["a=1;state=x", true],
    ["state=&state=x", true],
    ["%73tate=+", true],
    ["state=%0ax", true],
    ["state=%C3", true],
    ["state=a=b", true],
    ["state==", true],
    ["", false],
    ["state", false],
    ["state=", false],
    ["state=%0a", false],
    ["state=%zz", false],
    ["STATE=x", false],
    ["xstate=x", false],
    ["a=state=x", false],
  ])("%s: %s", (query, expected) => expect(hasQueryValue(query, "state")).toBe(expected));
});

describe("a request line", () => {
  it("has a host, a path and a query", () => {
    expect(readTarget("/a/../b?c?d#e", "X.Example:80")).toEqual({
      host: "x.example",
      authority: "X.Example:80",
      path: "/b",
      query: "c?d#e",
    });
  });

  it("has its host in an absolute target, before the header", () => {
    const read = readTarget("http://B.example:81/x", "a.example");
    expect(read).toMatchObject({ host: "b.example", authority: "B.example:81", path: "/x" });
    expect(readTarget("http://b.example", "a.example")?.path).toBe("/");
  });

  it.each([
    ["x", "a.example"],
    ["", "a.example"],
    ["?a", "a.example"],
    ["/a%zz", "a.example"],
    ["/a%", "a.example"],
    ["/a#b", "a.example"],
    ["/a b", "a.example"],
    ["/a\u007f", "a.example"],
    ["/a?b\u0001", "a.example"],
    ["/", "a.example/x"],
    ["/", "x@a.example"],
    ["/", "a b"],
    ["/", "é.example"],
    ["http://a%3Fx/", "a.example"],
    ["http://a:b/", "a.example"],
    ["http://a.example/", "a b"],
  ])("%j with Host %j is refused", (target, host) =>
    expect(readTarget(target, host)).toBeUndefined(),
  );
});
