import { expect } from "vitest";
import type { Overrides, RunningConsole } from "../../../src/app.ts";
import { mustClient, startTestConsole, type MustClient } from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { TestVisitor } from "../../support/visitor.ts";

/** A name as somebody may write it who means harm. */
export const HOSTILE = `"><script>alert(1)</script><b onclick='x'>&amp;`;

/** A console with people in it: ada is an admin, alice and bob are members, games is alice's group. */
export interface AdminWorld {
  readonly running: RunningConsole;
  readonly must: MustClient;
  /** Somebody at a browser of their own, who is signed in. */
  as(name: string): Promise<TestVisitor>;
  /** The id of an owner. */
  id(name: string): string;
  close(): Promise<void>;
}

/** Starts one on an embedded store in a temporary folder. */
export async function startAdminWorld(
  more: object = {},
  overrides: Overrides = {},
): Promise<AdminWorld> {
  const folder = await temporaryFolder();
  const running = await startTestConsole(folder.path, more, overrides);
  const must = mustClient(running.httpPort);
  for (const username of ["ada", "alice", "bob"]) await must("POST", "/persons", { username });
  await must("PATCH", "/persons/ada", { role: "admin" });
  await must("POST", "/groups", { name: "games", managers: ["alice"] });
  return {
    running,
    must,
    async as(name) {
      const visitor = new TestVisitor(running);
      await visitor.be(name);
      return visitor;
    },
    id: (name) => running.core.ledger?.state.ownersByName.get(name) ?? "",
    async close() {
      await running.close();
      await folder.remove();
    },
  };
}

/** A page's text, without its tags, as somebody reads it. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}

/** What a page says, which must be there. */
export async function readPage(visitor: TestVisitor, path: string): Promise<string> {
  const { status, body } = await visitor.get(path);
  expect([path, status]).toEqual([path, 200]);
  return textOf(body);
}
