import { describe, expect, it } from "vitest";
import { Tries } from "../../src/auth/tries.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { away, hangs } from "../gitlab-pages/hooks/support.ts";
import { waitFor } from "../support/wait.ts";

describe("what is tried from an address", () => {
  it("is counted by all replicas together, each thing for itself", async () => {
    const volatile = new MemoryVolatile();
    const replicas = [1, 2, 3].map(() => new Tries(() => volatile));
    for (const each of replicas) each.listen(volatile);
    for (let n = 0; n < 30; n++) await replicas[n % 3]?.count("wrong", "192.0.2.1");
    for (const each of replicas) {
      const left = await waitFor(() => each.secondsLeft("wrong", "192.0.2.1"), {
        describe: () => "all to be counted",
      });
      expect(left).toBeLessThanOrEqual(60);
      await expect(each.requireFew("wrong", "192.0.2.1")).rejects.toMatchObject({
        code: "rate_limited",
      });
      expect(await each.secondsLeft("wrong", "192.0.2.2")).toBeUndefined();
      expect(await each.secondsLeft("begun", "192.0.2.1")).toBeUndefined();
    }
  });

  it("counts once at the replica that tells it", async () => {
    const volatile = new MemoryVolatile();
    const tries = new Tries(() => volatile);
    tries.listen(volatile);
    for (let n = 0; n < 29; n++) await tries.count("wrong", "192.0.2.1");
    await new Promise(setImmediate);
    expect(await tries.secondsLeft("wrong", "192.0.2.1")).toBeUndefined();
  });

  it.each([
    ["is away", away],
    ["hangs", hangs],
    ["is not there", undefined],
  ])("is counted here, and waits for nothing, while the store %s", async (_how, volatile) => {
    const tries = new Tries(() => volatile);
    for (let n = 0; n < 30; n++) await tries.count("wrong", "192.0.2.1");
    expect(await tries.secondsLeft("wrong", "192.0.2.1")).toBeGreaterThan(0);
  });

  it("takes what another release may say for nothing", async () => {
    const volatile = new MemoryVolatile();
    const tries = new Tries(() => volatile);
    tries.listen(volatile);
    for (let n = 0; n < 200; n++) await volatile.nudge("tries", "other\nunknown 192.0.2.1 1");
    for (const odd of ["", "other", "other\ntoken 192.0.2.1", "other\ntoken 192.0.2.1 -900"])
      await volatile.nudge("tries", odd);
    await new Promise(setImmediate);
    expect(await tries.secondsLeft("token", "192.0.2.1")).toBeUndefined();
  });
});
