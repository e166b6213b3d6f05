import { describe, expect, it } from "vitest";
import { parseHostname } from "../../src/domain/names.ts";
import { placesOf } from "../../src/gitlab-pages/sync/sites.ts";
import { ZONE } from "./support.ts";

const CLUB = `club.${ZONE}`;
const DOCS = `docs-4160ce.${ZONE}`;

/** Where a project is served whose deployments have these URLs, each with its path prefix. */
function places(project: string, ...deployments: [url: string, pathPrefix?: string][]) {
  const read = deployments.map(([url, pathPrefix = ""]) => ({ url, pathPrefix }));
  const sited = placesOf(project, read, parseHostname(ZONE));
  if ("unclear" in sited) return sited.unclear;
  return sited.places.map(({ host, path, serves }) => `${host}${path} ${serves}`);
}

describe("the places of a site", () => {
  it.each<[what: string, project: string, deployments: [string, string?][], expected: string[]]>([
    ["in its own letters", "Club/Web/Site", [[`https://${CLUB}/web/site`]], [`${CLUB}/Web/Site`]],
    ["the namespace's own", `club/${CLUB}`, [[`https://${CLUB}`]], [CLUB]],
    [
      "the one that covers those below",
      "club/site",
      [[`https://${CLUB}/site`], [`https://${CLUB}/site/mr3`, "mr3"]],
      [`${CLUB}/site`],
    ],
    [
      "those below where there is none above",
      "club/site",
      [
        [`https://${CLUB}/site/mr3`, "mr3"],
        [`https://${CLUB}/site/mr4`, "mr4"],
      ],
      [`${CLUB}/site/mr3`, `${CLUB}/site/mr4`],
    ],
  ])("are %s", (_what, project, deployments, expected) => {
    expect(places(project, ...deployments)).toEqual(expected.map((place) => `${place} site`));
  });

  it("are its own domain, and the namespace's address that leads there", () => {
    expect(places("club/docs", [`https://${DOCS}`])).toEqual([
      `${DOCS} site`,
      `${CLUB}/docs redirect`,
    ]);
    expect(places("club/docs", [`https://${DOCS}/mr3`, "mr3"])).toEqual([
      `${DOCS}/mr3 site`,
      `${CLUB}/docs/mr3 redirect`,
    ]);
  });

  it("are its own domain also where that is called as the namespace is", () => {
    expect(places("club/site", [`https://${CLUB}`])).toEqual([
      `${CLUB} site`,
      `${CLUB}/site redirect`,
    ]);
  });

  it.each<[what: string, deployments: [string, string?][], says: string]>([
    ["another project's path", [[`https://${CLUB}/other`]], `at ${CLUB}/other.`],
    ["a path below its own", [[`https://${CLUB}/site/mr3`]], `at ${CLUB}/site/mr3.`],
    ["another prefix than it has", [[`https://${CLUB}/site/mr3`, "mr4"]], `at ${CLUB}/site/mr3.`],
    ["a path at a domain of its own", [[`https://${DOCS}/x`]], `at ${DOCS}/x.`],
    [
      "two domains",
      [[`https://${DOCS}`], [`https://other-4160ce.${ZONE}/mr3`, "mr3"]],
      "at two domains.",
    ],
    ["what is no address", [["club"]], "no usual address"],
    ["no web address", [[`ftp://${CLUB}/site`]], "no usual address"],
    ["an address with a query", [[`https://${CLUB}/site?a=b`]], "no usual address"],
    ["a host that is none", [["https://club_.x/site"]], "no usual address"],
  ])("are not known where GitLab names %s", (_what, deployments, says) => {
    expect(places("club/site", ...deployments)).toContain(says);
  });

  it("are none where the namespace is called as no host can be", () => {
    expect(places("no_host/site", [`https://no_host.${ZONE}/site`])).toContain("no path that can");
  });
});
