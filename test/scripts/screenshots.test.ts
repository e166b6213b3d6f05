import { describe, expect, it } from "vitest";
import { ADMIN_SHOTS } from "../../scripts/screenshots/admin-shots.ts";
import { MEMBER_SHOTS } from "../../scripts/screenshots/member-shots.ts";
import { MODULE_SHOTS } from "../../scripts/screenshots/module-shots.ts";
import type { Shot } from "../../scripts/screenshots/shot.ts";
import { SIGN_IN_SHOTS } from "../../scripts/screenshots/sign-in-shots.ts";
import { HELD_ELSEWHERE, ROWS } from "../console/every-page/rows.ts";

/** Of every stage that pictures are taken at. */
const SHOTS = [...MEMBER_SHOTS, ...ADMIN_SHOTS, ...MODULE_SHOTS, ...SIGN_IN_SHOTS];

/** Nothing that people look at. */
const NO_PICTURE: Readonly<Record<string, string>> = {
  "/sign-in/start": "leads to the provider",
  "/admin/traefik/document.json": "is a file",
  "/live": "is a stream",
};
/** What is of no page that is mounted. */
const NO_PAGE = new Set(["missing", "host-suspended", "host-nothing", "host-gone"]);

// That these are what is mounted is held by test/console/every-page/policy.test.ts.
const PAGES = Object.keys({ ...ROWS, ...HELD_ELSEWHERE })
  .filter((route) => route.startsWith("GET "))
  .map((route) => route.slice("GET ".length));

/** The page that a picture is of: as it says, or the one at its path, which is the plainest. */
function pageOf({ path, is }: Shot): string | undefined {
  if (is !== undefined) return PAGES.find((page) => page === is);
  const parts = path.replace(/\?.*/, "").split("/");
  const fits = (page: string) => {
    const wanted = page.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith(":") || part === parts[index])
    );
  };
  return PAGES.find((page) => !page.includes(":") && fits(page)) ?? PAGES.find(fits);
}

describe("npm run screenshots", () => {
  it("takes every page that is mounted, but for those that are named here", () => {
    const taken = new Set(SHOTS.map(pageOf));
    const left = PAGES.filter((page) => !taken.has(page)).toSorted();
    expect(left).toEqual(Object.keys(NO_PICTURE).toSorted());
  });

  it("takes none of a page that is not there, nor two of one name", () => {
    const lost = SHOTS.filter((shot) => pageOf(shot) === undefined).map(({ name }) => name);
    expect(new Set(lost)).toEqual(NO_PAGE);
    expect(new Set(SHOTS.map(({ name }) => name)).size).toBe(SHOTS.length);
  });
});
