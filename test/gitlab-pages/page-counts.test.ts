import { expect, it } from "vitest";
import { PageCounts } from "../../src/gitlab-pages/page-counts.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { PAGE_STATES, pageStandings } from "../../src/traefik/page-standing.ts";
import {
  endpoint,
  holder,
  page,
  person,
  stateOf,
  suspended,
  testSettings,
  zone,
} from "../support/states.ts";

const alice = person("alice");
const bob = suspended(person("bob"));
const host = `alice.${zone}`;

const state = stateOf(
  holder(alice),
  holder(bob),
  endpoint(alice, { host, path: "/wiki" }),
  page(alice, { host, project: 1 }),
  page(alice, { host, path: "/wiki", project: 2 }),
  page(alice, { host, path: "/gone", project: 3 }),
  page(alice, { host, path: "/off", project: 4, deployed: false }),
  page(null, { host, path: "/strange", project: 5 }),
  page(bob, { host: `bob.${zone}`, project: 6 }),
);

it("counts each page as the API shows it", async () => {
  const { rules } = testSettings({ pages: { enabled: true } });
  const table = { rules, userhomes: true };
  const held = new Set([3]);
  const metrics = createMetrics();
  const counts = new PageCounts({
    state: () => state,
    table,
    held: () => Promise.resolve(held),
    pending: () => ({ projects: 7, watches: 8 }),
    metrics,
  });
  await counts.refresh();
  const { values } = await metrics.pages.get();
  const counted = Object.fromEntries(values.map(({ labels, value }) => [labels["state"], value]));
  const shown = [...state.pages.values()].map(
    (one) => pageStandings(state, table, held)(one).state,
  );
  expect(counted).toEqual(
    Object.fromEntries(
      PAGE_STATES.map((name) => [name, shown.filter((one) => one === name).length]),
    ),
  );
  expect(counted).toEqual({
    routed: 1,
    shadowed: 1,
    conflict: 1,
    "not-deployed": 1,
    held: 1,
    "set-aside": 0,
    suspended: 1,
  });
});
