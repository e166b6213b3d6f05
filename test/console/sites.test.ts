import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { createPerson } from "../../src/owners/create.ts";
import { startPages, ZONE, type TestPages } from "../support/console-pages.ts";

const HOST = `alice.${ZONE}`;
const PLACES = 130;

describe("a host with many places", () => {
  let pages: TestPages;
  beforeAll(async () => {
    pages = await startPages(undefined, { TARDIS_QUOTAS__PERSON__ENDPOINTS: "1000" });
    for (const username of ["alice", "bob"])
      await pages.must((state, context) => createPerson(state, context, { username }));
    // In no order, as people add them.
    for (let number = 0; number < PLACES; number++) {
      const path = `/app${String((number * 37) % PLACES).padStart(3, "0")}`;
      const targets = [`http://10.0.0.1:${8000 + number}`];
      await pages.must((state, context) =>
        createEndpoint(state, context, { owner: "alice", path, targets }),
      );
    }
  });
  afterAll(() => pages.close());

  const shown = async (path: string, who = "alice") => {
    const response = await pages.ask(who, path);
    expect([path, response.status]).toEqual([path, 200]);
    const text = await response.text();
    const places = [...text.matchAll(/<span class="path"><a [^>]*>([^<]*)</g)].map(
      ([, name = ""]) => name,
    );
    return { text, places };
  };
  const inOrder = Array.from(
    { length: PLACES },
    (_, number) => `/app${String(number).padStart(3, "0")}`,
  );

  it("shows the first ones among my sites, and leads to the rest", async () => {
    const { text, places } = await shown("/");
    expect(places).toEqual(inOrder.slice(0, 40));
    expect(text).toContain("And 90 more.");
    expect(text).toContain(`href="/sites/${HOST}"`);
    expect(text).toContain("everything else");
  });

  it("has a page of its own, that goes on from page to page in the order of the paths", async () => {
    const first = await shown(`/sites/${HOST}`);
    const second = await shown(`/sites/${HOST}?from=100`);
    expect([...first.places, ...second.places]).toEqual(inOrder);
    expect(first.text).toContain(`/sites/${HOST}?from=100`);
  });

  it("is narrowed down by a path, or by where it leads, on both pages", async () => {
    for (const page of ["/", `/sites/${HOST}`]) {
      expect((await shown(`${page}?q=APP04`)).places).toEqual(inOrder.slice(40, 50));
      expect((await shown(`${page}?q=:8001`)).places).toEqual(["/app037"]);
      const nothing = await shown(`${page}?q=wombat`);
      expect(nothing.places).toEqual([]);
      expect(nothing.text).toContain("Nothing for “wombat”");
    }
    // All of a host that is called so itself.
    expect((await shown("/?q=alice")).places).toHaveLength(40);
  });

  it("keeps what is searched for from page to page", async () => {
    expect((await shown("/?q=app")).text).toContain(`href="/sites/${HOST}?q=app"`);
    const { text } = await shown(`/sites/${HOST}?q=app`);
    expect(text).toContain(`/sites/${HOST}?q=app&amp;from=100`);
  });

  it("is nothing to anybody else", async () => {
    expect((await shown("/?q=app", "bob")).places).toEqual([]);
    expect((await pages.ask("bob", `/sites/${HOST}`)).status).toBe(404);
    expect((await pages.ask("bob", `/sites/${HOST}?q=app`)).status).toBe(404);
  });
});
