import type { Clock } from "./clock.ts";
import type { FullRequest } from "./engine.ts";
import { newRunId, type SyncRun } from "./runs.ts";

export interface FullSyncsOptions {
  readonly run: (request: FullRequest) => Promise<SyncRun>;
  readonly leads: () => boolean;
  /** Whether there is a state to write to. */
  readonly canRun: () => boolean;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when this replica begins to lead, and when it does no more. */
  readonly onLead: (leads: boolean) => void;
}

const LOOK_MS = 1_000;
/** What hooks ask for is read together, at most once in this time. */
const GAP_MS = 60_000;
const RETRY_MS = 15_000;
/** Intervals differ a little, so that nothing else that is regular always meets them. */
const JITTER = 0.1;

/** Decides when everything is read: at the start, on an interval, and when somebody asks; one at a time. */
export class FullSyncs {
  readonly #options: FullSyncsOptions;
  readonly #requests: FullRequest[] = [];
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #leads = false;
  #next = 0;
  #last = Number.NEGATIVE_INFINITY;
  #isAskedFor = false;
  #failures = 0;

  constructor(options: FullSyncsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Resolves when nothing runs any more, after the signal. */
  async stopped(): Promise<void> {
    this.#wake.abort();
    await this.#running;
  }

  /** Soon, together with what else asks for it. */
  soon(): void {
    this.#isAskedFor = true;
    this.#wake.abort();
  }

  /** As soon as nothing else runs. */
  request(request: FullRequest): void {
    this.#requests.push(request);
    this.#wake.abort();
  }

  /** The ids of what waits here. */
  waiting(): string[] {
    return this.#requests.map(({ id }) => id);
  }

  async #loop(): Promise<void> {
    const { clock, signal, leads, canRun, onLead } = this.#options;
    while (!signal.aborted) {
      const now = clock.now().getTime();
      if (leads() !== this.#leads) {
        this.#leads = leads();
        // Whoever led before may have missed what happened in between.
        this.#next = now;
        this.#requests.length = this.#leads ? this.#requests.length : 0;
        onLead(this.#leads);
      }
      const request = this.#leads && canRun() ? this.#due(now) : undefined;
      if (request !== undefined) {
        await this.#run(request);
        continue;
      }
      this.#wake = new AbortController();
      await clock
        .sleep(LOOK_MS, AbortSignal.any([this.#wake.signal, signal]))
        .catch(() => undefined);
    }
    if (this.#leads) onLead(false);
  }

  #due(now: number): FullRequest | undefined {
    const asked = this.#requests.shift();
    if (asked !== undefined) return asked;
    const id = newRunId(new Date(now));
    if (this.#isAskedFor && now - this.#last >= GAP_MS) return { id, by: "hooks" };
    if (now < this.#next) return undefined;
    const isFirst = this.#last === Number.NEGATIVE_INFINITY;
    return { id, by: isFirst ? "start" : "interval" };
  }

  async #run(request: FullRequest): Promise<void> {
    const { clock, run, intervalMs } = this.#options;
    this.#last = clock.now().getTime();
    this.#isAskedFor = false;
    const { state } = await run(request);
    this.#failures = state === "failed" ? this.#failures + 1 : 0;
    const wait =
      this.#failures === 0
        ? intervalMs * (1 - JITTER + Math.random() * JITTER)
        : Math.min(intervalMs, RETRY_MS * 2 ** (this.#failures - 1));
    this.#next = clock.now().getTime() + wait;
  }
}
