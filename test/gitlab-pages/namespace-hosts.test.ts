import { describe, expect, it } from "vitest";
import { parseHostname } from "../../src/domain/names.ts";
import { NamespaceHosts } from "../../src/gitlab-pages/sync/namespace-hosts.ts";

const zone = parseHostname("tardis.test");

describe("the hosts of namespaces", () => {
  it("are those of the ones that are there and can have any", () => {
    const namespaces = new Map([
      [1, "Alice"],
      [2, null],
      [3, "not_a_label"],
    ]);
    const hosts = new NamespaceHosts({ namespaces }, zone);
    expect([...hosts.holders]).toEqual([["alice.tardis.test", 1]]);
    expect([1, 2, 3, 4].map((id) => hosts.of(id))).toEqual([
      "alice.tardis.test",
      undefined,
      undefined,
      undefined,
    ]);
  });
});
