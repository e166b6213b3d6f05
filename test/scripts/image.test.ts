import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDockerfile } from "../../scripts/image/dockerfile.ts";
import { isLetThrough } from "../../scripts/image/ignore.ts";

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
}

describe("the Dockerfile", () => {
  const image = parseDockerfile(read("Dockerfile")).at(-1);

  it("makes an image without a shell, for a user who is not root", () => {
    expect(image?.image).toMatch(/distroless\/.*:nonroot$/);
    expect(image?.steps).toContainEqual({ kind: "user", uid: 65532, gid: 65532 });
    expect(image?.steps.filter(({ kind }) => kind === "run")).toEqual([]);
  });

  it("asks its own command line whether it is healthy", () => {
    expect(image?.steps).toContainEqual({
      kind: "healthcheck",
      words: ["/nodejs/bin/node", "dist/main.js", "healthcheck"],
    });
  });

  it.each(["CMD node dist/main.js", "ADD a b", "USER nonroot", "RUN"])(
    "is refused with what this check does not understand: %s",
    (line) => {
      expect(() => parseDockerfile(`FROM scratch\n${line}\n`)).toThrow("Dockerfile:2");
    },
  );
});

describe(".dockerignore", () => {
  const ignore = read(".dockerignore");

  it.each(["src/app.ts", "config/defaults.yaml", "package-lock.json", "tsconfig.build.json"])(
    "lets %s through",
    (path) => expect(isLetThrough(ignore, path)).toBe(true),
  );

  it.each([
    ".git/config",
    "node_modules/hono/package.json",
    "data/head",
    ".env",
    "test/policy.test.ts",
  ])("keeps %s out", (path) => expect(isLetThrough(ignore, path)).toBe(false));

  it("has the last line that names a path decide", () => {
    expect(isLetThrough("a*\n!ab\nab/c", "ab/d")).toBe(true);
    expect(isLetThrough("a*\n!ab\nab/c", "ab/c")).toBe(false);
    expect(isLetThrough("a*\n!ab\nab/c", "b/a")).toBe(true);
  });
});
