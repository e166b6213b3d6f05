import { expect, it } from "vitest";
import { newRun } from "../../src/gitlab-pages/runs.ts";
import { startApi } from "../api/support.ts";
import { waitFor } from "../support/wait.ts";

it("ends the runs that nobody carries out any more, and no others", async () => {
  const api = await startApi();
  const { pages } = api.gitlab;
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const put = (id: string, state: "running" | "waiting" | "done", minutes: number) =>
    pages.records.put({ ...newRun(id, "alice", ago(minutes)), state });
  // A console was killed while it read, another one while requests waited there.
  await put("cut-off", "running", 3);
  await put("lost", "waiting", 3);
  await put("on-its-way", "waiting", 0);
  await put("good", "done", 3);
  pages.start();
  const stateOf = async (id: string) => (await pages.records.get(id))?.state;
  await waitFor(async () => (await pages.records.status()).completeAt !== null, {
    describe: "a first read",
  });
  expect(await stateOf("cut-off")).toBe("failed");
  expect(await stateOf("lost")).toBe("failed");
  expect(await stateOf("on-its-way")).toBe("waiting");
  expect(await stateOf("good")).toBe("done");
  expect(await pages.records.get("lost")).toMatchObject({
    error: expect.stringContaining("ask again"),
    finishedAt: expect.any(String),
  });
  await pages.stop();
  await api.close();
});
