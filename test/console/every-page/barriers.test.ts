import { afterAll, afterEach, beforeAll, it } from "vitest";
import { describeWithService } from "../../support/services.ts";
import { askedFor } from "./asked.ts";
import { actorOf, SHOWN, startLooker, type Looker } from "./looker.ts";

describeWithService("chromium", "every page, and where every form leads", (chromium) => {
  let looker: Looker;
  beforeAll(async () => void (looker = await startLooker(chromium)));
  afterAll(() => looker?.close());
  afterEach(() => looker.signOut());

  it.each(SHOWN)("%s keeps nobody out", async (route, row) => {
    const params = await looker.world.make(row.of, row.whose[0] ?? "alice");
    await looker.look(actorOf(row), askedFor(route, row, params));
  });
});
