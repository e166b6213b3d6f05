import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectRouted } from "../gitlab-pages/model/compare.ts";
import type { Oracle } from "../gitlab-pages/model/oracle.ts";
import { addresses, doInGitLab, isInGitLab, steps } from "../gitlab-pages/model/steps.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { EXCLUDED, GUILD, twoOwners } from "../gitlab-pages/model/two-owners.ts";
import { consoleHost, zone } from "../support/console.ts";
import {
  type GitLabBehindTraefik,
  startGitLabBehindTraefik,
} from "../support/gitlab/behind-traefik.ts";
import { deliverHook } from "../support/gitlab/deliver.ts";
import type { SentHook } from "../support/gitlab/hooks.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

// One GitLab that lives on from round to round, read by a real console behind the real Traefik.
// More of it: TARDIS_FUZZ_RUNS=500.
const ROUNDS = Math.max(12, Math.round(Number(process.env["TARDIS_FUZZ_RUNS"] ?? 0) / 10));
const SEED = Number(process.env["TARDIS_FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const ACTS = 12;

describeWithService("traefik", "whatever happens in GitLab, behind the real Traefik", () => {
  let world: GitLabWorld;
  let oracle: Oracle;
  let stage: GitLabBehindTraefik;
  let hooks: SentHook[] = [];

  beforeAll(async () => {
    world = new GitLabWorld({ now: () => new Date(), zone });
    const token = world.createToken(world.createUser("root", { isAdmin: true }));
    const owners = twoOwners(world);
    ({ oracle } = owners);
    world.addSystemHook({ url: `https://${consoleHost}/hooks/gitlab` });
    world.onHook((sent) => void hooks.push(sent));
    stage = await startGitLabBehindTraefik(world, token, {
      owners: [{ namespace: GUILD, owner: "bob" }],
      exclude: EXCLUDED,
      guard: { owners: 1000, percent: 100 },
    });
    const { must, gitlabUrl } = stage;
    await must("POST", "/persons", { username: "bob" });
    await must("POST", "/persons", { username: "alice" });
    const identities = [{ issuer: gitlabUrl, subject: String(owners.alice.id) }];
    await must("PATCH", "/persons/alice", { identities });
    oracle.note();
  }, 60_000);

  afterAll(() => stage?.close());

  it(`visitors get what GitLab has, and no other's (TARDIS_FUZZ_SEED=${SEED})`, async () => {
    const rounds = fc.sample(steps(ACTS * 3), { seed: SEED, numRuns: ROUNDS });
    const story: string[] = [];
    try {
      for (const [round, taken] of rounds.entries()) {
        story.push(`round ${round}`);
        for (const step of taken.filter(({ act }) => isInGitLab(act)).slice(0, ACTS)) {
          const done = doInGitLab(world, step);
          if (done !== undefined) story.push(done);
          oracle.note();
        }
        // Some hooks arrive, some are lost.
        await Promise.all(hooks.filter((_, n) => (n + round) % 3 === 0).map(deliver));
        hooks = [];
        await stage.syncAll();
        // Hooks may have had a host given to another than a read of everything would have.
        oracle.adopt(stateNow());
        const run = await stage.syncAll();
        oracle.observeAll(stateNow(), new Set());
        expectRouted(stateNow(), tableNow(), oracle, run);
        await visitorsGetWhatIsExpected();
      }
    } catch (error) {
      throw new Error(`${String(error)}\n${story.join("\n")}`, { cause: error });
    }
  }, 240_000);

  const stateNow = () => stage.running.core.ledger!.state;
  const tableNow = () => ({ rules: rulesFrom(stage.running.config), userhomes: false });

  async function deliver(sent: SentHook): Promise<void> {
    expect([200, 202]).toContain(await deliverHook(stage.running.httpPort, sent));
  }

  /** The project whose site an address leads to, by the oracle and the daemon, or by Traefik. */
  async function visitorsGetWhatIsExpected(): Promise<void> {
    const { pages } = stage;
    pages.forget();
    const places = [...oracle.expected().keys()];
    const expected = addresses(zone).map(({ host, path }) => {
      const isRouted = places.some((place) => `${host}${path}/`.startsWith(`${place}/`));
      const served = pages.serve(host, path);
      const project = isRouted && served.kind === "site" ? served.projectId : "none";
      return `${host}${path}: ${project}`;
    });
    let found: string[] = [];
    const differ = (these: string[], others: string[]) =>
      these.filter((line) => !others.includes(line)).join("; ");
    await waitFor(
      async () => {
        found = await Promise.all(addresses(zone).map(visit));
        return found.join() === expected.join();
      },
      { describe: () => `${differ(expected, found)}, instead of ${differ(found, expected)}` },
    );
  }

  async function visit({ host, path }: { host: string; path: string }): Promise<string> {
    const answer = await request({ port: stage.traefik.httpsPort, host, path, tls: {} });
    return `${host}${path}: ${answer.headers["x-project"] ?? "none"}`;
  }
});
