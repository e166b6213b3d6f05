import { describe, expect, it } from "vitest";
import { Freshness } from "../../src/publisher/freshness.ts";

describe("a look at the store before a poll is answered", () => {
  interface Look {
    readonly end: (error?: Error) => void;
  }

  function looks(canAsk = true) {
    const begun: Look[] = [];
    const freshness = new Freshness({
      canAsk: () => canAsk,
      patience: 200,
      catchUp: () =>
        new Promise((resolve, reject) => {
          begun.push({ end: (error) => (error === undefined ? resolve() : reject(error)) });
        }),
    });
    return { begun, freshness };
  }

  const turn = () => new Promise(setImmediate);

  it("serves those who came before it began, and nobody who came later", async () => {
    const { begun, freshness } = looks();
    const done: string[] = [];
    const look = (name: string) => freshness.look().then(() => done.push(name));
    void look("first");
    expect(begun).toHaveLength(1);
    void look("second");
    void look("third");
    await turn();
    expect(begun).toHaveLength(1);
    begun[0]?.end();
    await turn();
    expect(done).toEqual(["first"]);
    expect(begun).toHaveLength(2);
    void look("fourth");
    begun[1]?.end();
    await turn();
    expect(done).toEqual(["first", "second", "third"]);
    begun[2]?.end();
    await turn();
    expect(done).toEqual(["first", "second", "third", "fourth"]);
    expect(begun).toHaveLength(3);
    void look("fifth");
    expect(begun).toHaveLength(4);
    begun[3]?.end();
  });

  it("keeps nobody when the store says no, is away, or does not answer", async () => {
    const { begun, freshness } = looks();
    const refused = freshness.look();
    begun[0]?.end(new Error("away"));
    await refused;
    // Nobody answers this one.
    await freshness.look();
    expect(begun).toHaveLength(2);
    const away = looks(false);
    await away.freshness.look();
    expect(away.begun).toHaveLength(0);
  });
});
