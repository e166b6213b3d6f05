import { expect, it } from "vitest";
import type { Page } from "../../src/domain/entities.ts";
import { isOwnDomain } from "../../src/traefik/page-conflict.ts";

const page = (host: string, path: string, projectPath: string, more: Partial<Page> = {}): Page =>
  ({ host, path, projectPath, serves: "site", deployed: true, ...more }) as Page;

it.each([
  ["docs-4160ce.tardis.ac", "", "club/docs", true],
  ["docs-4160ce.tardis.ac", "/preview", "club/docs", true],
  ["club.tardis.ac", "/docs", "club/docs", false],
  ["club.tardis.ac", "/docs/preview", "Club/docs", false],
  ["club.tardis.ac", "/Web/Site", "club/Web/Site", false],
  ["club.tardis.ac", "", "Club/Club.tardis.ac", false],
  ["club.tardis.ac", "/preview", "club/club.tardis.ac", false],
  // A domain of its own that is called as its namespace is.
  ["club.tardis.ac", "", "club/docs", true],
  ["club.tardis.ac", "/preview", "club/docs", true],
  ["club.tardis.ac", "", "club/web/club.tardis.ac", true],
])("%s%s of %s is the site's own domain: %s", (host, path, projectPath, is) => {
  expect(isOwnDomain(page(host, path, projectPath))).toBe(is);
});

it("is none of a site that only leads elsewhere, or is not deployed", () => {
  const [host, path, project] = ["docs-4160ce.tardis.ac", "", "club/docs"] as const;
  expect(isOwnDomain(page(host, path, project, { serves: "redirect" }))).toBe(false);
  expect(isOwnDomain(page(host, path, project, { deployed: false }))).toBe(false);
});
