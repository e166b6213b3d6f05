import type { RunningConsole } from "../src/app.ts";
import { operator } from "../src/domain/policy.ts";
import { readRecord } from "../src/domain/records.ts";
import type { Change } from "../src/domain/state.ts";
import { startTestConsole, zone } from "../test/support/console.ts";
import { temporaryFolder } from "../test/support/folder.ts";
import { TestVisitor } from "../test/support/visitor.ts";
import { seedRecords } from "./seed.ts";
import { median, type Bench, type Row } from "./table.ts";

const ENDPOINTS = 10_000;
const GOAL_MS = 50;
const ADMIN = "member0";
/** Changes of others that a quiet owner's history is looked for behind. */
const EVENTS = 3_000;

const SHOWN = [
  ["Overview", "/admin"],
  ["a search", "/admin/search?q=member77"],
  ["Owners", "/admin/owners"],
  ["an owner", "/admin/owners/per-00000007"],
  ["an owner's form", "/admin/owners/per-00000007/edit"],
  ["what a suspension cuts", "/admin/owners/per-00000007/suspend"],
  ["a new owner's form", "/admin/owners/new"],
  ["Requests", "/admin/requests"],
  ["Routes", "/admin/routes"],
  ["Routes, narrowed down", "/admin/routes?host=member77"],
  ["Traefik, with the last revisions", "/admin/traefik"],
  ["the document", "/admin/traefik/document"],
  ["an entry of the document", "/admin/traefik/document?entry=ep-00000077"],
  ["what is not routed", "/admin/set-aside"],
  ["Reserved names", "/admin/reserved-names"],
  ["Memberships", "/admin/memberships"],
  ["Audit log", "/admin/audit"],
  ["Audit log of one owner", "/admin/audit?owner=member77"],
] as const;

/** What an owner costs who has half of the endpoints; the admin has the others. */
const HALF = ENDPOINTS / 2;
const LARGE = [
  ["an owner with half of them", "/admin/owners/per-00000001"],
  ["what suspending that one cuts", "/admin/owners/per-00000001/suspend"],
] as const;

/** The admins' web pages, asked for over loopback from a console in this process. */
export const adminPages: Bench = {
  name: "admin-pages",
  run: async ({ quick }) => {
    const rounds = quick ? 10 : 50;
    return [...(await shown(10, SHOWN, rounds)), ...(await shown(HALF, LARGE, rounds))];
  },
};

type Pages = readonly (readonly [name: string, path: string])[];

/** @param each endpoints of each member */
async function shown(each: number, pages: Pages, rounds: number): Promise<Row[]> {
  const folder = await temporaryFolder();
  const running = await startTestConsole(folder.path, { userhomes: { enabled: true } });
  try {
    await fill(running, each);
    const admin = await visitorAs(running, ADMIN);
    const rows: Row[] = [];
    for (const [name, path] of pages)
      rows.push(rowOf(`the admins' page ${name}`, await timesOf(admin, path, rounds)));
    if (each === HALF) return rows;
    await goOn(running);
    const quiet = await visitorAs(running, "member88");
    const behind = `behind ${EVENTS} changes of others`;
    for (const [visitor, name, path] of [
      [
        admin,
        `the admins' page Audit log of a quiet owner, ${behind}`,
        "/admin/audit?owner=member88",
      ],
      [quiet, `a quiet member's page Activity, ${behind}`, "/activity"],
    ] as const)
      rows.push(rowOf(name, await timesOf(visitor, path, rounds)));
    return rows;
  } finally {
    await running.close();
    await folder.remove();
  }
}

function rowOf(what: string, times: readonly number[]): Row {
  return {
    what: `${what}, ${ENDPOINTS / 1000} k endpoints`,
    measured: `median ${median(times).toFixed(1)} ms (up to ${Math.max(...times).toFixed(1)})`,
    compared: "",
    goal: `median ≤ ${GOAL_MS} ms`,
    met: median(times) <= GOAL_MS,
  };
}

async function visitorAs(running: RunningConsole, name: string): Promise<TestVisitor> {
  const visitor = new TestVisitor(running);
  await visitor.be(name);
  return visitor;
}

/** Writes a whole host with one change: its event is as large as the host, and the last one. */
async function fill({ core, publisher }: RunningConsole, each: number): Promise<void> {
  const changes = [...seedRecords(ENDPOINTS, zone, { each })].map(([key, value]): Change => {
    const read = readRecord(key, value);
    if (read.kind !== "entity") throw new Error(`${key} cannot be read`);
    const { change } = read;
    return change.kind === "person" && change.entity?.name === ADMIN
      ? { ...change, entity: { ...change.entity, role: "admin" } }
      : change;
  });
  await core.requireLedger().change(operator, () => ({
    changes,
    event: { type: "seeded", summary: "a host was put in", owners: [] },
    result: null,
  }));
  await publisher.settled();
}

/** Has much happen that concerns one other owner alone. */
async function goOn({ core }: RunningConsole): Promise<void> {
  const ledger = core.requireLedger();
  const owner = ledger.state.ownersByName.get("member77") ?? "";
  for (let count = 0; count < EVENTS; count++)
    await ledger.change(operator, () => ({
      changes: [],
      event: { type: "test", summary: `change ${count}`, owners: [owner] },
      result: null,
    }));
}

async function timesOf(visitor: TestVisitor, path: string, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds + 3; round++) {
    const began = performance.now();
    const { status } = await visitor.get(path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    // The first ones warm the code up.
    if (round >= 3) times.push(performance.now() - began);
  }
  return times;
}
