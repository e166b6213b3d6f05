import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/domain/entities.ts";
import { whyUnreadable } from "../../src/traefik/readable.ts";
import { endpoint, page, person } from "../support/states.ts";

const alice = person("alice");

describe("a record", () => {
  it.each([
    [endpoint(alice, {})],
    [
      endpoint(alice, {
        path: "/a",
        healthCheck: { timeoutSeconds: 1, path: "/", intervalSeconds: 2 },
      }),
    ],
    [page(null, { host: "a.tardis.ac", path: "/A" })],
    [alice],
  ])("as its parser leaves it is routed, case %#", (record) => {
    expect(whyUnreadable(record)).toBeUndefined();
    expect(whyUnreadable(record)).toBeUndefined();
  });

  it.each<[change: Partial<Record<keyof Endpoint, unknown>>, reason: string | RegExp]>([
    [{ path: "/a/" }, "Its record is not in canonical form."],
    [{ host: "ALICE.tardis.ac" }, "Its record is not in canonical form."],
    [{ targets: ["http://127.0.0.1"] }, "Its record is not in canonical form."],
    [{ targets: ["http://[::ffff:127.0.0.1]:9"] }, "Its record is not in canonical form."],
    [{ path: "a`" }, /^Its record is not valid \(path: .* must start with a slash\.\)\.$/],
    [{ targets: [] }, /^Its record is not valid \(targets: /],
    [{ passHostHeader: "yes" }, /^Its record is not valid \(passHostHeader: /],
  ])("in another form says why it is not: %j", (change, reason) => {
    const record = { ...endpoint(alice, {}), ...change } as Endpoint;
    for (let time = 0; time < 2; time++)
      expect(whyUnreadable(record)).toEqual(expect.stringMatching(reason));
  });
});
