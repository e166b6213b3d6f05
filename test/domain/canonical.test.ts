import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { believableHost } from "../../scripts/loadgen/host.ts";
import { readCanonical } from "../../src/domain/canonical.ts";
import { entitySchemas, type Entity } from "../../src/domain/entities.ts";

const golden = ["records-v1.json", "records-v2.json", "records-v3.json"].flatMap((file) => {
  const text = readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8");
  return Object.values(JSON.parse(text) as Record<string, Entity>);
});
const generated = [
  ...believableHost({
    members: 400,
    seed: 3,
    zone: "tardis.ac",
    network: "127.0",
    reserved: [],
    now: new Date("2026-03-01T00:00:00.000Z"),
  }).values(),
] as unknown as Entity[];
const quick = ["endpoint", "label", "page", "person"] as const;
const entities = [...golden, ...generated].filter((entity) =>
  (quick as readonly string[]).includes(entity.kind),
);

/** Either says nothing, or what the schema says, in the schema's order of fields. */
function agrees(kind: Entity["kind"], record: { readonly [key: string]: unknown }): boolean {
  const canonical = readCanonical(kind, record);
  if (canonical === undefined) return false;
  const read = entitySchemas[kind].safeParse(record);
  expect(read.success, JSON.stringify(record)).toBe(true);
  expect(canonical).toStrictEqual(read.data);
  expect(JSON.stringify(canonical)).toBe(JSON.stringify(read.data));
  return true;
}

/** Values that are nearly right somewhere. */
const nearly: readonly unknown[] = [
  ..."2026-01-02T03:04:05Z 2026-01-02T03:04:05.1234567Z 2026-02-29T00:00:00Z 2024-02-29T00:00:00.000Z 2026-13-01T00:00:00Z 2026-01-02T03:04:05+01:00 2026-01-02T24:00:00Z 2026-01-02T03:04Z 0000-01-01T00:00:00Z".split(
    " ",
  ),
  ..."ep-1 EP-1 e-1 ep-A ep- ep-ok\n abcdef-1 per-01jgolden a1-b".split(" "),
  ..."a.test A.test a.test. .a.test a..test 1.2.3.4 a.0x7f a.1 x-.test -x.test localhost a_b.test xn--a.test xn--mnchen-3ya.test ähm.test".split(
    " ",
  ),
  `${"a".repeat(64)}.test`,
  `${"a.".repeat(126)}aa`,
  ..."/ /a /a/ /a//b //a /a/.. /a/. /.a /a.b/~c /a%20b /a?b a/b /A".split(" "),
  `/${"a".repeat(199)}`,
  `/${"a".repeat(200)}`,
  ..."alice Alice ab--c xn--mnchen-3ya xn--zz a- -a a_b a.b".split(" "),
  ["http://127.0.0.1:1", "http://127.0.0.1:1"],
  ["http://127.0.0.1"],
  ["http://127.0.0.1:08"],
  ["http://127.0.0.1:0"],
  ["http://127.0.0.1:65536"],
  ["http://127.0.0.1:80/"],
  ["HTTP://127.0.0.1:80"],
  ["ftp://127.0.0.1:80"],
  ["http://0.0.0.0:80"],
  ["http://256.0.0.1:80"],
  ["http://010.0.0.1:80"],
  ["http://169.254.169.254:80"],
  ["http://[2001:db8::7]:80"],
  ["http://[2001:0db8::7]:80"],
  ["http://[::ffff:10.0.0.1]:80"],
  ["http://[fe80::1]:80"],
  ["https://App.vm.test:443"],
  ["https://app.vm.test:443"],
  ["http://localhost:80"],
  ["http://127.0.0.1:1", 7],
  Array.from({ length: 65 }, (_, port) => `http://127.0.0.1:${port + 1}`),
  // oxlint-disable-next-line no-sparse-arrays -- nothing else has a hole
  ["http://127.0.0.1:1", , "http://127.0.0.1:2"],
  "a line",
  " a line",
  "a line ",
  "two\nlines",
  "a\u2028b",
  "é",
  "x".repeat(200),
  "x".repeat(201),
  ..."a@b.test a@b A@B.test a..b@c.test a@b.test\n .a@b.test a+b@c.test".split(" "),
  { endsAt: "2026-01-31T23:59:59Z" },
  { endsAt: "2026-01-31T23:59:59Z", warnedAt: "2026-01-02T00:00:00.000Z" },
  { endsAt: "2026-01-31T23:59:59Z", more: 1 },
  { endsAt: undefined },
  ...[
    "https://id.test",
    "https://id.test:99999",
    "https://id.test:443/a/b/",
    "HTTPS://id.test",
    " https://id.test",
    "https://id..test",
    "https://xn--zz.test",
    "https://a.1",
    "https://id.test/a b",
    "https://id.test//",
    "javascript:alert(1)",
    "https:id.test",
    "https://",
    `https://id.test/${"a".repeat(500)}`,
  ].map((issuer) => [{ issuer, subject: "7" }]),
  [{ issuer: "https://id.test", subject: "" }],
  [{ issuer: "https://id.test", subject: " 7" }],
  [{ issuer: "https://id.test", subject: "7", more: true }],
  [{ issuer: "https://id.test" }],
  [null],
  0,
  -0,
  -1,
  1,
  1.5,
  2 ** 53 - 1,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  null,
  undefined,
  [],
  {},
  "",
  "admin",
];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...nearly) },
  { weight: 1, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

describe("records in canonical form", () => {
  it("are read without the schemas, but for the rare ones", () => {
    const taken = generated.filter((entity) => agrees(entity.kind, { ...entity }));
    for (const kind of quick) {
      const all = generated.filter((entity) => entity.kind === kind);
      const quickly = taken.filter((entity) => entity.kind === kind);
      expect(quickly.length / all.length).toBeGreaterThan(0.9);
    }
  });

  it("read from JSON in the order in which a store keeps fields, too", () => {
    for (const entity of generated) {
      const sorted = Object.fromEntries(
        Object.entries(entity).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      );
      agrees(entity.kind, sorted);
    }
  });

  it("are what the schemas give, whatever a field is changed to", () => {
    const change = fc.record({ field: fc.nat(), value, borrowed: fc.boolean() });
    let both = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...entities),
        fc.constantFrom(...entities),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (entity, donor, changes) => {
          const names = [...Object.keys(entitySchemas[entity.kind].shape), "more"];
          const record: Record<string, unknown> = { ...entity };
          for (const { field, value, borrowed } of changes) {
            const name = names[field % names.length] ?? "";
            record[name] = borrowed
              ? Object.entries(donor).find(([key]) => key === name)?.[1]
              : value;
          }
          if (agrees(entity.kind, record)) both++;
        },
      ),
      { numRuns: 20_000 },
    );
    expect(both).toBeGreaterThan(500);
  });

  it("are what the schemas give, whatever the one field is that was nearly right", () => {
    for (const kind of quick) {
      const entity = generated.find((one) => one.kind === kind);
      for (const name of Object.keys(entitySchemas[kind].shape)) {
        for (const near of nearly) agrees(kind, { ...entity, [name]: near });
        const { [name]: _, ...without } = { ...entity } as Record<string, unknown>;
        agrees(kind, without);
      }
    }
  });

  it("have their fields themselves", () => {
    const entity = generated.find(({ kind }) => kind === "endpoint");
    const { host, ...rest } = { ...entity } as Record<string, unknown>;
    const inherited = Object.assign(Object.create({ host }) as object, rest, { more: 1 });
    expect(readCanonical("endpoint", inherited as never)).toBeUndefined();
  });
});
