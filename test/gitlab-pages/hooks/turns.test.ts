import { describe, expect, it } from "vitest";
import { Turns } from "../../../src/gitlab-pages/hooks/turns.ts";

describe("turns", () => {
  it("come in order, and others are served between two of them", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = ["a", "b", "c"].map(async (name) => {
      await turns.next();
      order.push(name);
      setImmediate(() => order.push("another"));
    });
    await Promise.all(work);
    expect(order.filter((name) => name !== "another")).toEqual(["a", "b", "c"]);
    expect(order.indexOf("another")).toBeLessThan(order.indexOf("c"));
  });

  it("begin again after nobody has waited", async () => {
    const turns = new Turns();
    await turns.next();
    await turns.next();
    expect(await Promise.all([turns.next(), turns.next()])).toHaveLength(2);
  });
});
