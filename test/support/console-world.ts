import { createEndpoint, type EndpointInput } from "../../src/endpoints/create.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { grantLabel } from "../../src/owners/labels.ts";
import { createToken } from "../../src/owners/tokens.ts";
import type { Endpoint } from "../../src/domain/entities.ts";
import type { Wish } from "../../src/domain/requests.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { declineRequest, grantRequest } from "../../src/requests/decide.ts";
import { domainChange } from "../api/support.ts";
import { ZONE, type TestPages } from "./console-pages.ts";

/** Someone's host with some of everything, as a member has it after a year. */
export async function furnish(pages: TestPages): Promise<{ readonly wiki: Endpoint }> {
  const { must, write } = pages;
  for (const username of ["alice", "bob", "carol"])
    await must((state, context) =>
      createPerson(state, context, {
        username,
        displayName: { alice: "Alice Weber", bob: "Bob Kim", carol: "Carol" }[username],
      }),
    );
  await must((state, context) =>
    createGroup(state, context, {
      name: "games",
      displayName: "Games society",
      managers: ["alice", "bob"],
    }),
  );
  await must((state, context) =>
    grantLabel(state, context, { label: "alice-lab", owner: "alice" }),
  );
  const add = (name: string, input: Omit<EndpointInput, "owner"> & { owner?: string }) =>
    pages.as(name, (state, context) => createEndpoint(state, context, { owner: name, ...input }));
  const wiki = await add("alice", { path: "/wiki", targets: ["http://10.0.3.7:8080"] });
  await add("alice", {
    path: "/photos",
    targets: ["http://10.0.3.7:2342", "http://10.0.3.8:2342"],
    stripPrefix: true,
  });
  await add("alice", { path: "/old-blog", targets: ["http://10.0.3.9:80"], paused: true });
  await add("alice", { label: "alice-lab", targets: ["http://10.0.9.1:3000"] });
  await add("bob", { owner: "games", path: "/minecraft", targets: ["http://10.0.5.2:8123"] });
  await add("bob", { path: "/secret", targets: ["http://10.0.66.6:80"] });
  const alice = pages.ledger.state.ownersByName.get("alice") ?? "";
  const page = (id: string, path: string, revision: number, more: object = {}) => ({
    kind: "page" as const,
    id,
    entity: {
      v: 2 as const,
      kind: "page" as const,
      id,
      revision,
      createdAt: "2026-03-01T12:00:00.000Z",
      project: 7,
      projectPath: `alice/${id.slice(3)}`,
      namespace: 3,
      owner: alice,
      host: `alice.${ZONE}`,
      path,
      accessControl: false,
      serves: "site",
      deployed: true,
      source: "sync",
      ...more,
    } as never,
  });
  await write((revision) => [
    page("pg-thesis", "/thesis", revision),
    page("pg-notes", "/wiki", revision, { project: 8 }),
    page("pg-draft", "/draft", revision, { project: 9, deployed: false }),
    domainChange(revision, "www.alice.example", alice, { projectPath: "alice/thesis" }),
  ]);
  await pages.as("alice", (state, context) =>
    createToken(state, context, { name: "deploy from CI", owner: "alice", scopes: ["endpoints"] }),
  );
  return { wiki };
}

/** What alice and her group asked for: one is open, one declined, one granted, none read. */
export async function askAround(
  { as, must }: TestPages,
  answer = "That network is the lab's own.\nAsk Dora for a place in 10.0.0.0/8.",
): Promise<Record<Asked, string>> {
  const ask = async (who: string, owner: string, wish: Wish, reason: string) =>
    (await as(who, (state, context) => askAdmins(state, context, { owner, wish, reason }))).id;
  const open = await ask(
    "alice",
    "alice",
    { kind: "label", label: "recipes" as never },
    "For what we cook on Sundays.",
  );
  const declined = await ask(
    "bob",
    "games",
    { kind: "target", grant: { network: "192.168.40.0/24", ports: ["80", "8000-8080"] } },
    "Our servers stand in the lab.",
  );
  const granted = await ask(
    "alice",
    "alice",
    { kind: "quota", of: "endpoints", amount: 40 },
    "I move everything here.",
  );
  await must((state, context) =>
    declineRequest(state, context, {
      id: declined,
      answer,
    }),
  );
  await must((state, context) => grantRequest(state, context, { id: granted, answer: "Welcome." }));
  return { open, declined, granted };
}
type Asked = "open" | "declined" | "granted";
