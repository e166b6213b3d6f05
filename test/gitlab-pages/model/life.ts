import { expect } from "vitest";
import { GitLabError } from "../../../src/gitlab-pages/client/error.ts";
import { failing, garbled } from "../../support/gitlab/faults.ts";
import type { SentHook } from "../../support/gitlab/hooks.ts";
import { scene, ZONE, type Scene } from "../support.ts";
import { expectNotOlder, expectRouted } from "./compare.ts";
import { projectsOf } from "./hooks.ts";
import type { Oracle } from "./oracle.ts";
import { actBetween, addresses, doInGitLab, isInGitLab, pauseOf, type Step } from "./steps.ts";
import { EXCLUDED, GUILD, twoOwners } from "./two-owners.ts";
import { CACHE_MS, Watch } from "./watch.ts";

/** What can be asked for in vain for as long as a read of everything takes. */
const ASKED = [
  /\/projects\?/,
  /\/projects\/\d+\/pages/,
  /\/projects/,
  /\/namespaces/,
  /./,
] as const;

export const INTERVAL_MS = 10 * 60 * 1_000;

export interface Kind {
  readonly graphql: boolean;
  /** Whether the guard holds what two owners lose at once. */
  readonly guarded: boolean;
}

/** One life of a GitLab, with a console beside it that reads it, and is watched. */
export class Life {
  readonly scene: Scene;
  readonly watch: Watch;
  /** What has happened, for whoever reads a failure. */
  readonly story: string[] = [];
  readonly #oracle: Oracle;
  readonly #table;
  readonly #hooks: SentHook[] = [];
  /** What is to happen between the requests of the next read: at which request, and what. */
  #disturbances: { at: number; step: Step }[] = [];
  #isDisturbed = false;
  /** Projects read by themselves while everything is read, and the changes in GitLab before. */
  readonly #newer = new Map<number, number>();
  #nextBreaks: Step | undefined;
  #nextSync = 0;
  #failed = 0;
  #longestRead = 0;

  constructor({ graphql, guarded }: Kind) {
    const guard = guarded ? { owners: 2, percent: 1 } : { owners: 1000, percent: 100 };
    const owners = new Map([[GUILD, "bob"]]);
    this.scene = scene({ graphql, guard, owners, exclude: EXCLUDED });
    const { gitlabWorld: gitlab, world, clock } = this.scene;
    const { alice, oracle } = twoOwners(gitlab);
    this.scene.member("alice", alice);
    this.scene.member("bob");
    this.#oracle = oracle;
    this.#table = { rules: world.rules, userhomes: true };
    this.watch = new Watch(gitlab, this.#oracle, addresses(ZONE));
    gitlab.addSystemHook({ url: "https://console.example/hooks/gitlab" });
    gitlab.onHook((sent) => this.#hooks.push(sent));
    this.#nextSync = clock.now().getTime() + INTERVAL_MS;
    this.#changed();
  }

  /** Lives, and ends with two quiet reads: then all is routed that GitLab has, and nothing foreign. */
  async live(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#take(step);
      this.#check();
    }
    this.#disturbances = [];
    this.#nextBreaks = undefined;
    await this.#sync();
    await this.#approve();
    this.#check();
    this.scene.clock.pass(CACHE_MS + 1);
    this.#check();
  }

  async #take(step: Step): Promise<void> {
    const acts: Partial<Record<Step["act"], () => Promise<void> | void>> = {
      pass: () => this.#pass(pauseOf(step)),
      sync: () => this.#sync(),
      approve: () => this.#approve(),
      break: () => void (this.#nextBreaks = step),
      disturb: () => {
        this.#disturbances.push({
          at: step.a % 12,
          step: { act: actBetween(step.b), a: step.c, b: step.a + step.c, c: step.b },
        });
      },
      deliverAll: async () => {
        while (this.#hooks.length > 0) await this.#deliver(0, false);
      },
      deliver: () => this.#deliver(step.a, false),
      deliverTwice: () => this.#deliver(step.a, true),
      lose: () => void this.#hooks.splice(step.a % (this.#hooks.length + 1), 1),
    };
    const act = acts[step.act];
    if (act === undefined) this.#doInGitLab(step);
    else await act();
  }

  #doInGitLab(step: Step): void {
    const done = doInGitLab(this.scene.gitlabWorld, step);
    if (done === undefined) return;
    this.story.push(done);
    this.#changed();
  }

  #changed(): void {
    this.#oracle.note();
    this.watch.note();
  }

  async #pass(ms: number): Promise<void> {
    const { clock } = this.scene;
    const end = clock.now().getTime() + ms;
    while (this.#nextSync <= end) {
      clock.pass(Math.max(0, this.#nextSync - clock.now().getTime()));
      this.#check();
      await this.#sync();
    }
    clock.pass(Math.max(0, end - clock.now().getTime()));
    this.story.push(`${ms / 1000} s pass`);
  }

  /** A read of everything. Where nothing changed meanwhile, what is routed is what GitLab has. */
  async #sync(approved?: ReadonlySet<number>): Promise<void> {
    const { gitlab, clock, records } = this.scene;
    const { changes } = this.watch;
    const start = clock.now().getTime();
    if (this.#nextBreaks !== undefined) {
      const { a, b, c } = this.#nextBreaks;
      const matcher = { path: ASKED[a % ASKED.length]!, nth: (nth: number) => nth > c % 4 };
      gitlab.faults.add(matcher, b % 2 === 0 ? garbled() : failing(502));
    }
    this.#newer.clear();
    const run = await this.#reading(() => this.scene.sync(approved));
    const mayFail = this.#nextBreaks !== undefined || this.#isDisturbed;
    this.#nextBreaks = undefined;
    gitlab.faults.clear();
    this.#nextSync = clock.now().getTime() + INTERVAL_MS;
    this.#longestRead = Math.max(this.#longestRead, clock.now().getTime() - start);
    this.story.push(`everything is read: ${run.state}${this.#isDisturbed ? ", disturbed" : ""}`);
    if (run.state === "failed") {
      expect(mayFail, run.error ?? "").toBe(true);
      this.#failed++;
      return;
    }
    this.#failed = 0;
    this.watch.wholeRead = changes;
    const { state } = this.scene.world;
    for (const [project, changes] of this.#newer)
      if (changes === this.watch.changes) expectNotOlder(state, this.#oracle, project);
    if (this.#isDisturbed) return this.#oracle.adopt(state);
    const held = new Set((await records.held())?.projects);
    this.#oracle.observeAll(state, held);
    if (run.state === "done") expectRouted(state, this.#table, this.#oracle, run.id);
  }

  async #approve(): Promise<void> {
    const held = await this.scene.records.held();
    if (held !== undefined) await this.#sync(new Set(held.projects));
  }

  /** Takes a hook out of those under way, and reads what it hints at. */
  async #deliver(number: number, again: boolean): Promise<void> {
    const at = number % (this.#hooks.length || 1);
    const [sent] = again ? this.#hooks.slice(at, at + 1) : this.#hooks.splice(at, 1);
    if (sent === undefined) return;
    for (const { project, gone } of projectsOf(sent.event, this.scene.world.state)) {
      await this.#readProject(project, gone, String(sent.event["event_name"]));
    }
  }

  async #readProject(project: number, gone: boolean, why: string): Promise<void> {
    const { changes } = this.watch;
    const { engine, world } = this.scene;
    const asked = this.scene.fullsAskedFor;
    const outcome = await this.#reading(async () => {
      this.#readingOne++;
      try {
        return await engine.project(project, "hook", { gone });
      } catch (error) {
        if (!(error instanceof GitLabError) || this.#nextBreaks === undefined) throw error;
        return undefined;
      } finally {
        this.#readingOne--;
      }
    });
    if (outcome === undefined) return;
    const { read, plan } = outcome;
    const seen = read === "gone" ? read : read.state;
    const isHeld = plan.held.length > 0;
    this.story.push(`${project} is read for ${why}: ${seen}${isHeld ? ", held" : ""}`);
    if (this.#isDisturbed) this.#oracle.adopt(world.state);
    else this.#oracle.observeProject(project, world.state, isHeld);
    // What moves during a read of one project may be seen wrongly until the next one.
    if (!isHeld && seen !== "unclear" && changes === this.watch.changes) {
      this.#newer.set(project, changes);
      this.watch.projectWasRead(project, changes, seen === "deployed");
    }
    if (this.scene.fullsAskedFor > asked && !this.#isReading) await this.#sync();
  }

  #isReading = false;
  /** Reads of one project that are under way. */
  #readingOne = 0;

  /** A read, with what is to happen between its requests. */
  async #reading<T>(work: () => Promise<T>): Promise<T> {
    // A read for a hook that comes during another one.
    if (this.#isReading) return work();
    const { gitlab } = this.scene;
    const due = this.#disturbances;
    this.#disturbances = [];
    this.#isDisturbed = false;
    this.#isReading = true;
    let requests = 0;
    // Reads of one project come one after the other: it must not wait for a hook of the same.
    const later: Promise<void>[] = [];
    gitlab.before = async () => {
      const now = requests++;
      for (const { at, step } of due) {
        if (at !== now) continue;
        this.#isDisturbed = true;
        this.story.push("meanwhile:");
        if (isInGitLab(step.act)) {
          this.#doInGitLab(step);
          if (step.c % 2 === 0) continue;
        }
        const mustNotWait = this.#readingOne > 0;
        const delivered = this.#deliver(step.a, false);
        // A read of everything that fails does not wait for this request.
        later.push(delivered);
        if (!mustNotWait) await delivered;
      }
    };
    try {
      const result = await work();
      // Those that come meanwhile, too: none may go on during the next one.
      for (const one of later) await one;
      return result;
    } finally {
      gitlab.before = undefined;
      this.#isReading = false;
    }
  }

  #check(): void {
    this.watch.bound = INTERVAL_MS * (1 + this.#failed) + this.#longestRead;
    this.watch.check(this.scene.world.state, this.#table);
  }
}
