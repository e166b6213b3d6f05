import { describe, expect, it } from "vitest";
import { Deliveries } from "../../../src/gitlab-pages/hooks/deliveries.ts";

describe("deliveries that a process remembers by itself", () => {
  it("are the latest ten thousand", async () => {
    const deliveries = new Deliveries(() => undefined);
    for (let n = 0; n < 10_001; n++) expect(await deliveries.isFirst(`hook-${n}`)).toBe(true);
    expect(await deliveries.isFirst("hook-10000")).toBe(false);
    expect(await deliveries.isFirst("hook-1")).toBe(false);
    expect(await deliveries.isFirst("hook-0")).toBe(true);
  });
});
