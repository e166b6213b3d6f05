import { expect, it } from "vitest";
import { Flows, FLOW_SECONDS, type Flow } from "../../src/auth/flows.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";

const flow: Flow = { nonce: "n", verifier: "v", to: "/groups" };

function flowsAt(): { flows: Flows; volatile: MemoryVolatile; pass: (ms: number) => void } {
  let now = 0;
  const volatile = new MemoryVolatile(() => now);
  return { flows: new Flows(() => volatile), volatile, pass: (ms) => (now += ms) };
}

it("a sign-in under way is taken up once, by its browser, as it was begun", async () => {
  const { flows, volatile } = flowsAt();
  const state = flows.newState();
  await flows.put(state, "browser", { ...flow, invitation: "hash" });
  const kept = JSON.stringify([...(await volatile.list(""))]);
  expect(kept).not.toContain(state);
  expect(kept).not.toContain('browser":"browser');
  expect(await flows.take(state, "another")).toBeUndefined();
  expect(await flows.take(flows.newState(), "browser")).toBeUndefined();
  const [one, two] = await Promise.all([
    flows.take(state, "browser"),
    flows.take(state, "browser"),
  ]);
  expect([one, two].filter((taken) => taken !== undefined)).toEqual([
    { ...flow, invitation: "hash" },
  ]);
  expect(await flows.take(state, "browser")).toBeUndefined();
});

it("a sign-in under way is over after a quarter of an hour", async () => {
  const { flows, pass } = flowsAt();
  await flows.put("state", "browser", flow);
  pass(FLOW_SECONDS * 1000 - 1);
  await flows.put("state two", "browser", flow);
  pass(1);
  expect(await flows.take("state", "browser")).toBeUndefined();
  expect(await flows.take("state two", "browser")).toEqual(flow);
});
