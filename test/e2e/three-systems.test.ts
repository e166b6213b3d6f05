import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiAnswer, mustClient, spawnConsole, type MustClient } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { REAL_MODULES, type RealModule } from "../support/real-modules.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const PARTS = ["bucket", "bucketKey", "database", "databaseAccount", "kubeconfig", "namespace"];

interface Part {
  readonly kind: string;
  readonly state: string;
  readonly why: string | null;
}

describeWithService(
  ["minio", "mariadb", "kubernetes", "etcd"],
  "an owner with something in each of three systems",
  () => {
    const ends: (() => Promise<unknown>)[] = [];
    let must: MustClient;
    const modules: RealModule[] = [];
    let given: readonly ApiAnswer["body"][];
    beforeAll(async () => {
      const folder = await temporaryFolder();
      ends.push(() => folder.remove());
      // One after the other: each has its configuration in the one file of the folder.
      for (const [, start] of REAL_MODULES) {
        const module = await start(folder.path);
        modules.push(module);
        ends.push(() => module.destroy());
      }
      const process = await spawnConsole(
        folder.path,
        Object.assign({}, ...modules.map(({ settings }) => settings)),
      );
      ends.push(() => process.stop());
      must = mustClient(process.httpPort);
      await must("POST", "/persons", { username: "alice" });
      given = await Promise.all(
        modules.map(async ({ before, path, body }) => {
          await must("POST", ...before);
          return must("POST", path, body);
        }),
      );
    }, 180_000);
    afterAll(async () => {
      for (const end of ends.toReversed()) await end();
    });

    const open = () => Promise.all(modules.map((module, at) => module.opens(given[at])));
    const statesOf = (parts: readonly Part[]) =>
      Object.fromEntries(parts.map(({ kind, state }) => [kind, state]));
    const all = (state: string) => Object.fromEntries(PARTS.map((kind) => [kind, state]));

    it("is cut off from all of it in one action, part by part, and has all of it back", async () => {
      expect(await open()).toEqual([true, true, true]);
      const { parts } = await must("POST", "/persons/alice/suspend", { reason: "x" });
      expect(statesOf(parts)).toEqual(all("suspended"));
      expect(await open()).toEqual([false, false, false]);
      const resumed = await must("POST", "/persons/alice/resume");
      expect(statesOf(resumed.parts)).toEqual(all("ready"));
      expect(await open()).toEqual([true, true, true]);
    }, 60_000);

    it.each([0, 1, 2])(
      "is cut off from the others while system %i does not answer, and from that once it does",
      async (away) => {
        const frozen = modules[away];
        frozen?.signal("SIGSTOP");
        const { parts } = await must("POST", "/persons/alice/suspend", { reason: "x" });
        frozen?.signal("SIGCONT");
        const late = parts.filter(({ state }: Part) => state !== "suspended");
        expect(late).toHaveLength(2);
        for (const { why } of late) expect(why).toMatch(/answer|reached/);
        await waitFor(async () => (await open()).every((isOpen) => !isOpen), {
          timeout: 60_000,
          describe: "all of it to be shut",
        });
        await must("POST", "/persons/alice/resume");
        await waitFor(async () => (await open()).every(Boolean), {
          timeout: 60_000,
          describe: "all of it to be open again",
        });
      },
      180_000,
    );

    it("leaves with all of it out of use, told part by part", async () => {
      const { parts } = await must("DELETE", "/persons/alice");
      const states = statesOf(parts);
      expect(Object.keys(states).toSorted()).toEqual(PARTS);
      for (const state of Object.values(states)) expect(["deleting", "gone"]).toContain(state);
      await waitFor(async () => (await open()).every((isOpen) => !isOpen), {
        timeout: 30_000,
        describe: "all of it to be shut",
      });
    }, 60_000);
  },
);
