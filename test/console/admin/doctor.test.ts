import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

const PATH = "/admin/doctor";
let world: AdminWorld;
let ada: TestVisitor;

beforeAll(async () => {
  // Nobody is asked over the network.
  world = await startAdminWorld({ zone: "localhost", publicUrl: "https://localhost" });
  ada = await world.as("ada");
});
afterAll(() => world?.close());

describe("the doctor's page", () => {
  it("shows nothing before it was asked to look, and is led to from the start", async () => {
    expect(await readPage(ada, PATH)).toContain("It has not looked since this console runs.");
    expect((await ada.get("/admin")).body).toContain(`href="${PATH}"`);
  });

  it("looks when it is asked to, without anybody waiting, and shows what was found", async () => {
    const { status, headers } = await ada.ask(PATH, { method: "POST", form: {} });
    expect([status, headers["location"]]).toEqual([303, PATH]);
    const text = await waitFor(
      async () => {
        const found = await readPage(ada, PATH);
        return found.includes("Data folder") && !found.includes("Looking") ? found : undefined;
      },
      { timeout: 30_000, describe: "the look to end" },
    );
    expect(text).toContain("writing Well It can be written.");
    expect(text).toContain("API Skipped traefik.apiUrls names no API of Traefik");
    expect(text).toContain("Look now");
  });
});
