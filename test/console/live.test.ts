import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { updateGroup } from "../../src/owners/update.ts";
import { waitFor } from "../support/wait.ts";
import { addBucket } from "../support/bucket-world.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";

let pages: TestPages;
beforeEach(async () => {
  pages = await startPages();
  await furnish(pages);
});
afterEach(() => pages.close());

/** A stream as a browser holds it: the events that came, in their order. */
async function listen(who: string) {
  const abort = new AbortController();
  const response = await fetch(`${pages.origin}/live`, {
    headers: pages.by(who),
    signal: abort.signal,
  });
  const events: string[] = [];
  const marks: string[] = [];
  let ended = false;
  const read = async () => {
    try {
      for await (const chunk of response.body ?? []) {
        const text = new TextDecoder().decode(chunk as Uint8Array);
        marks.push(...[...text.matchAll(/^data: (.*)$/gm)].map(([, mark = ""]) => mark));
        events.push(...[...text.matchAll(/^event: (.*)$/gm)].map(([, name = ""]) => name));
      }
    } catch {
      // It was given up from here.
    }
    ended = true;
  };
  const reading = response.status === 200 ? read() : response.text();
  return {
    status: response.status,
    events,
    marks,
    ended: () => ended,
    stop: async () => {
      abort.abort();
      await reading.catch(() => undefined);
    },
  };
}

const add = (who: string, owner: string, path: string) =>
  pages.as(who, (state, context) =>
    createEndpoint(state, context, { owner, path, targets: ["http://10.0.7.7:80"] }),
  );

describe("a live stream", () => {
  it("tells of what its person may see, and of nothing else", async () => {
    const alice = await listen("alice");
    const carol = await listen("carol");
    await waitFor(() => alice.events.length + carol.events.length === 2, {
      describe: "both to be greeted",
    });
    await add("bob", "bob", "/none-of-yours");
    await add("bob", "games", "/ours");
    await waitFor(() => alice.events.length === 2, { describe: "alice to hear of it" });
    await add("carol", "carol", "/mine");
    await waitFor(() => carol.events.length === 2, { describe: "carol to hear of hers" });
    expect([alice.events, carol.events]).toEqual([
      ["at", "changed"],
      ["at", "changed"],
    ]);
    await Promise.all([alice.stop(), carol.stop()]);
    await waitFor(() => pages.signed.streams === 0, { describe: "the streams to be forgotten" });
  });

  it("tells of a thing that stands otherwise in a real system, those who may see it alone", async () => {
    await pages.close();
    pages = await startPages(undefined, {}, new MemoryStorage());
    await furnish(pages);
    const { id } = await addBucket(pages, "alice", "alice", "photos");
    const [alice, carol] = [await listen("alice"), await listen("carol")];
    await waitFor(() => alice.events.length + carol.events.length === 2, {
      describe: "both to be greeted",
    });
    const before = alice.marks[0];
    const standings = pages.buckets?.standings;
    const standing = await standings?.get(`bucket/${id}`);
    if (standing === undefined) throw new Error("it was attempted");
    await standings?.put(`bucket/${id}`, { ...standing, state: "stuck", why: "A test." });
    await standings?.drop("bucket/bkt-nobodys");
    await waitFor(() => alice.events.length === 2, { describe: "alice to hear of it" });
    // A page that was closed meanwhile sees by the mark that it has missed something.
    expect(alice.marks[1]).not.toBe(before);
    await add("carol", "carol", "/mine");
    await waitFor(() => carol.events.length === 2, { describe: "carol to hear of hers" });
    expect(alice.events).toEqual(["at", "changed"]);
    expect(carol.events).toEqual(["at", "changed"]);
    await Promise.all([alice.stop(), carol.stop()]);
  });

  it("greets with the mark of now: a page from before a publication, or a poll, has another", async () => {
    const shown = async () =>
      /data-live="([^"]+)"/.exec(
        await (await fetch(pages.origin, { headers: pages.by("alice") })).text(),
      )?.[1];
    const { revision } = pages.ledger.state;
    const at = new Date("2026-11-30T19:59:58.000Z");
    const greeted = async () => {
      const alice = await listen("alice");
      await waitFor(() => alice.marks.length > 0, { describe: "the greeting" });
      await alice.stop();
      return alice.marks[0];
    };
    pages.delivery = { published: revision - 1, pollers: [] };
    const stored = await shown();
    expect(await greeted()).toBe(stored);
    pages.delivery = { published: revision, pollers: [{ name: "t", revision: 1, at }] };
    const published = await greeted();
    expect(published).not.toBe(stored);
    expect(await shown()).toBe(published);
    pages.delivery = { published: revision, pollers: [{ name: "t", revision, at }] };
    expect(await greeted()).not.toBe(published);
  });

  it("tells whoever is let into a group, and whoever is put out of it", async () => {
    const carol = await listen("carol");
    const alice = await listen("alice");
    const games = pages.ledger.state.ownersByName.get("games") ?? "";
    await pages.must((state, context) =>
      updateGroup(state, context, { id: games, managers: ["carol"] }),
    );
    await waitFor(() => carol.events.includes("changed") && alice.events.includes("changed"), {
      describe: "both to hear of it",
    });
    // Who manages it no more hears nothing of it from then on.
    await add("carol", "games", "/theirs");
    await add("alice", "alice", "/mine");
    await waitFor(() => alice.events.length === 3, { describe: "alice to hear of hers" });
    expect(alice.events).toEqual(["at", "changed", "changed"]);
    await Promise.all([alice.stop(), carol.stop()]);
  });

  it("ends at the next event once its session has ended, and says only that", async () => {
    const alice = await listen("alice");
    await waitFor(() => alice.events.length === 1, { describe: "the greeting" });
    pages.signedOut.add("alice");
    await add("bob", "games", "/ours");
    await waitFor(() => alice.ended(), { describe: "the stream to end" });
    expect(alice.events).toEqual(["at", "ended"]);
  });

  it("is refused beyond ten for one person, and given again when one is closed", async () => {
    const streams = await Promise.all(Array.from({ length: 10 }, () => listen("alice")));
    expect((await listen("alice")).status).toBe(429);
    expect((await listen("bob")).status).toBe(200);
    await streams[0]?.stop();
    await waitFor(async () => (await listen("alice")).status === 200, {
      describe: "a place to be free",
    });
  });

  it("does not keep the console from ending", async () => {
    const alice = await listen("alice");
    const began = performance.now();
    pages.signed.close();
    await waitFor(() => alice.ended(), { describe: "the stream to end" });
    expect(performance.now() - began).toBeLessThan(1000);
    expect((await listen("alice")).status).toBe(503);
  });
});
