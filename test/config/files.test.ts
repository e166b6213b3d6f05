import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configReference, loadConfig } from "../../src/config.ts";
import { loadText } from "./support.ts";

function read(name: string): string {
  return readFileSync(new URL(`../../config/${name}`, import.meta.url), "utf8");
}

/** The paths of all values that are no sections. */
function leafPaths(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, below]) =>
    leafPaths(below, path === "" ? key : `${path}.${key}`),
  );
}

const paths = configReference().map((row) => row.path);

describe("defaults.yaml", () => {
  test("holds every key, and no other", () => {
    expect(leafPaths(parse(read("defaults.yaml"))).toSorted()).toEqual(paths.toSorted());
  });

  test("is a configuration itself", () => {
    const { source, ...fromFile } = loadText(read("defaults.yaml"));
    const { source: _, ...builtIn } = loadConfig({ env: { TARDIS_TARGETS__LOOPBACK: "[]" } });
    expect(fromFile).toMatchObject({ ...builtIn, data: expect.any(String) });
    expect(source.local).toBe(false);
  });

  test("reserves what mail programs, certificates and people take for the host", () => {
    const { reserved } = loadConfig({ env: {} }).labels;
    expect(reserved).toEqual(
      expect.arrayContaining(
        "www console admin gitlab projects mail smtp imap mta-sts autoconfig autodiscover wpad isatap localhost ns1 ns2 api auth login sso status on _acme-challenge _dmarc".split(
          " ",
        ),
      ),
    );
  });
});

describe("tardis.example.yaml", () => {
  const example = read("tardis.example.yaml");
  /** With every key that is commented out taken in. A `#` of prose has a space behind it. */
  const whole = example.replaceAll(/^( *)#(?=\w)/gm, "$1");

  test("loads, for the zone tardis.ac, without a warning", () => {
    const config = loadText(example);
    expect(config.zone).toBe("tardis.ac");
    expect(config.warnings).toEqual([]);
  });

  test("shows every key; the list of reserved names it only mentions", () => {
    const shown = leafPaths(parse(whole));
    expect([...shown, "labels.reserved"].toSorted()).toEqual(paths.toSorted());
    expect(example).toContain("labels.reserved");
  });

  test("shows the default of each key that is commented out", () => {
    const { source: _, ...asIs } = loadText(example);
    const { source: __, ...withAll } = loadText(whole);
    expect(whole).not.toBe(example);
    expect(withAll).toEqual(asIs);
  });

  test("has a comment at each section and each key of its own", () => {
    for (const [index, line] of example.split("\n").entries()) {
      if (!/^[a-z]\w*:/i.test(line)) continue;
      const before = example.split("\n")[index - 1] ?? "";
      const after = example.split("\n")[index + 1] ?? "";
      expect(before.startsWith("# ") || after.startsWith("  # "), line).toBe(true);
    }
  });
});

describe("the reference", () => {
  test("has a row a key, as README shows it", () => {
    expect(configReference()).toEqual(
      expect.arrayContaining([
        {
          path: "internal.token",
          env: "TARDIS_INTERNAL__TOKEN",
          type: "at least 16 characters, or null",
          default: "null",
          secret: true,
          description: expect.stringContaining("bearer token"),
        },
        {
          path: "publicUrl",
          env: "TARDIS_PUBLIC_URL",
          type: "URL without a path",
          default: "http://localhost:<http.port>",
          secret: false,
          description: expect.any(String),
        },
        {
          path: "traefik.entryPoints.http",
          env: "TARDIS_TRAEFIK__ENTRY_POINTS__HTTP",
          type: "list: entry point",
          default: '["web"]',
          secret: false,
          description: expect.any(String),
        },
      ]),
    );
  });
});
