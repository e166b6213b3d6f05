import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { LastGoodCopy } from "../../src/publisher/last-good.ts";
import { Publisher } from "../../src/publisher/publisher.ts";
import { temporaryFolder } from "../support/folder.ts";
import { keep } from "../../src/publisher/publication.ts";
import {
  builtOf,
  Connection,
  documentOf,
  startProvider,
  stateAt,
  type TestProvider,
} from "./support.ts";

describe("the publisher", () => {
  let test: TestProvider;

  beforeEach(async () => {
    test = await startProvider();
  });
  afterEach(() => test.close());

  const body = () => textOf(test.publisher);

  it("makes one document of a burst of changes", async () => {
    for (let revision = 1; revision <= 50; revision++) test.publisher.update(stateAt(revision));
    await test.publisher.settled();
    expect(test.builds).toEqual([50]);
    expect(body()).toBe('{"revision":50}');
  });

  it("passes over what is no longer the newest while it builds", async () => {
    test.publisher.update(stateAt(1));
    const published = new Promise((resolve) => test.publisher.onPublish(resolve));
    while (test.builds.length === 0) await new Promise(setImmediate);
    for (const revision of [2, 3, 4]) test.publisher.update(stateAt(revision));
    await published;
    await test.publisher.settled();
    expect(test.builds).toEqual([1, 4]);
  });

  it("takes a state that comes in the very turn in which the last one is published", async () => {
    for (let hops = 0; hops < 12; hops++) {
      const revision = 1 + hops * 2;
      const stop = test.publisher.onPublish(() => {
        stop();
        let late = Promise.resolve();
        for (let hop = 0; hop < hops; hop++) late = late.then(() => undefined);
        void late.then(() => test.publisher.update(stateAt(revision + 1)));
      });
      await test.publish(revision);
      await test.publisher.settled();
      expect(body()).toBe(`{"revision":${revision + 1}}`);
    }
  });

  it("keeps the last good document when a build fails, says so, and recovers", async () => {
    await test.publish(1);
    test.bodyOf = () => {
      throw new Error("the gate said no");
    };
    await test.publish(2);
    expect(body()).toBe('{"revision":1}');
    expect(test.publisher.problem).toBe("the gate said no");
    expect(await test.metrics.registry.metrics()).toContain(
      "tardis_document_build_failures_total 1",
    );
    expect(test.publisher.isBehind).toBe(false);
    test.bodyOf = (revision) => JSON.stringify({ revision });
    await test.publish(3);
    expect(body()).toBe('{"revision":3}');
    expect(test.publisher.problem).toBeUndefined();
  });

  it("publishes to the others, and stores it, when one listener fails", async () => {
    const told: number[] = [];
    test.publisher.onPublish(() => {
      throw new Error("a listener's fault");
    });
    test.publisher.onPublish(({ revision }) => told.push(revision));
    await test.publish(1);
    expect(told).toEqual([1]);
    expect(test.publisher.problem).toBeUndefined();
    expect((await copyIn(test.folder).read())?.revision).toBe(1);
  });

  it("tells nobody of the same bytes, and names their newest revision", async () => {
    const told: number[] = [];
    test.publisher.onPublish(({ revision }) => told.push(revision));
    test.bodyOf = () => "{}";
    await test.publish(1);
    await test.publish(2);
    expect(told).toEqual([1]);
    expect(test.publisher.current?.revision).toBe(2);
  });

  it("serves the copy of an earlier run after a restart, and says so", async () => {
    await test.publish(9);
    const metrics = createMetrics();
    const again = new Publisher({
      live: { update: async () => builtOf(10, '{"revision":9}') },
      lastGood: copyIn(test.folder),
      metrics,
      log: silentLog,
    });
    expect(await again.restore()).toBe(true);
    expect(again.current).toMatchObject({ revision: 9, restored: true });
    expect(textOf(again)).toBe('{"revision":9}');
    again.update(stateAt(10));
    await again.settled();
    expect(again.current).toMatchObject({ revision: 10, restored: false });
    expect((await copyIn(test.folder).read())?.revision).toBe(10);
  });

  it("says to pollers that what they get was restored", async () => {
    const copy = copyIn(test.folder);
    copy.save({ revision: 4, origin: "", document: kept("{}") });
    await copy.flush();
    await test.publisher.restore();
    const connection = new Connection(test.port);
    const { headers, text } = await connection.poll("");
    expect(text).toBe("{}");
    expect(headers).toMatchObject({ "tardis-restored": "true", "tardis-revision": "4" });
    connection.close();
  });

  it.each([
    { what: "the same revision and origin", revision: 7, origin: "here", taken: true },
    { what: "another revision", revision: 8, origin: "here", taken: false },
    { what: "other settings or another lineage", revision: 7, origin: "there", taken: false },
  ])("resumes an earlier run's document for $what only if it must be equal", async (row) => {
    const copy = copyIn(test.folder);
    copy.save({ revision: 7, origin: "here", document: kept('{"revision":7}') });
    await copy.flush();
    expect(await test.publisher.resume(row.revision, row.origin)).toBe(row.taken);
    expect(test.publisher.current?.restored).toBe(row.taken ? false : undefined);
    await test.publish(9);
    expect(test.publisher.current).toMatchObject({ revision: 9, restored: false });
  });

  it("keeps the revision of changes that left the document as it is, once it is asked to settle", async () => {
    test.bodyOf = () => '{"same":true}';
    await test.publish(3);
    await test.publish(4);
    expect((await copyIn(test.folder).read())?.revision).toBe(4);
  });

  it("restores nothing over a document of this run", async () => {
    const copy = copyIn(test.folder);
    // Large, so that the document of now is ready first.
    const old = JSON.stringify(Array.from({ length: 300_000 }, () => Math.random()));
    copy.save({ revision: 1, origin: "", document: kept(old) });
    await copy.flush();
    const restored = test.publisher.restore();
    test.publisher.update(stateAt(2));
    expect(await restored).toBe(false);
    await test.publisher.settled();
    expect(test.publisher.current).toMatchObject({ revision: 2, restored: false });
  });
});

function textOf({ current }: Publisher): string | undefined {
  return current && Buffer.concat(current.document.traefik.parts).toString();
}

function kept(text: string) {
  const document = keep(documentOf(text));
  if (document === undefined) throw new Error("nothing to keep");
  return document;
}

function copyIn(folder: string, onError: (error: unknown) => void = () => undefined): LastGoodCopy {
  return new LastGoodCopy(folder, onError);
}

describe("the last good copy", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const FILE = "last-good.json";

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  it("is nothing where there is none", async () => {
    expect(await copyIn(join(folder.path, "none")).read()).toBeUndefined();
  });

  it("reads what was saved last, bytes as they were", async () => {
    const copy = copyIn(join(folder.path, "new"));
    const document = {
      gzip: Buffer.from([0, 10, 13, 255, 10]),
      etag: '"a"',
      frames: [{ at: 2, length: 5, json: "," }],
    };
    for (let revision = 1; revision <= 20; revision++) {
      copy.save({ revision, origin: "", document });
    }
    await copy.flush();
    expect(await copyIn(join(folder.path, "new")).read()).toEqual({
      revision: 20,
      origin: "",
      document,
    });
    expect(await readdir(join(folder.path, "new"))).toEqual([FILE]);
  });

  it("is ignored wherever a byte of it is missing or another one", async () => {
    const copy = copyIn(folder.path);
    copy.save({ revision: 12, origin: "", document: kept('{"http":{"routers":{}}}') });
    await copy.flush();
    const path = join(folder.path, FILE);
    const sound = await readFile(path);
    for (let at = 0; at < sound.length; at++) {
      await writeFile(path, sound.subarray(0, at));
      expect(await copy.read()).toBeUndefined();
      const altered = Buffer.from(sound);
      altered[at] = (altered[at] ?? 0) ^ 1;
      await writeFile(path, altered);
      const read = await copy.read();
      if (read !== undefined) throw new Error(`byte ${at} can be altered unnoticed`);
    }
    await writeFile(path, sound);
    expect((await copy.read())?.revision).toBe(12);
  });

  it("says when it cannot be written, and keeps the old one", async () => {
    const errors: unknown[] = [];
    await writeFile(join(folder.path, "file"), "");
    const copy = copyIn(join(folder.path, "file"), (error) => errors.push(error));
    copy.save({ revision: 1, origin: "", document: kept("{}") });
    await copy.flush();
    expect(errors).toHaveLength(1);
    expect(await copy.read()).toBeUndefined();
  });

  it("is whole whenever the process is killed", async () => {
    const writer = fileURLToPath(new URL("../support/last-good-writer.ts", import.meta.url));
    let newest = 0;
    for (let round = 0; round < 4; round++) {
      const child = fork(writer, [folder.path, String(newest)], {
        execArgv: ["--import", "tsx"],
      });
      const target = newest + 5 + round * 3;
      await new Promise<void>((resolve, reject) => {
        child.on("error", reject);
        child.on("exit", () => reject(new Error("the writer ended by itself")));
        child.on("message", (flushed: number) => {
          newest = flushed;
          if (flushed >= target) resolve();
        });
      });
      child.removeAllListeners("exit");
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      const read = await copyIn(folder.path).read();
      expect(read?.revision).toBeGreaterThanOrEqual(newest);
      const written = Buffer.alloc(200_000, ((read?.revision ?? 0) % 26) + 97);
      expect(read?.document.gzip.equals(written)).toBe(true);
    }
  });
});
