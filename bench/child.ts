import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a process of its own can be asked to do; what goes in and comes out is JSON. */
export type Verbs = Record<string, (input: never) => unknown>;

type Asked<V extends Verbs, Name extends keyof V> = (
  ...input: Parameters<V[Name]>
) => Promise<Awaited<ReturnType<V[Name]>>>;

/** A part of a bench in a process of its own, so that its memory and its turns are its own. */
export interface Child<V extends Verbs> {
  readonly pid: number;
  readonly ask: { readonly [Name in keyof V]: Asked<V, Name> };
  stop(): Promise<void>;
}

interface Question {
  readonly number: number;
  readonly name: string;
  readonly input: unknown;
}

type Reply = { readonly number: number } & (
  | { readonly value: unknown }
  | { readonly error: string }
);

/** A folder for profiles of what the processor did in each child, to look into a figure with. */
const profiles = process.env["BENCH_PROFILES"];
const profiling = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];

/**
 * Starts a file of this folder that calls `answer`.
 * @param input for it, as JSON
 */
export async function startChild<V extends Verbs>(file: string, input: object): Promise<Child<V>> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [JSON.stringify(input)], {
    execArgv: ["--import", "tsx", "--expose-gc", ...profiling],
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  let asked = 0;
  child.on("message", (reply: Reply) => {
    waiting.get(reply.number)?.(reply);
    waiting.delete(reply.number);
  });
  child.once("exit", (code) => {
    for (const [number, done] of waiting) done({ number, error: `${file} ended with ${code}` });
  });
  const put = async (name: string, value: unknown): Promise<unknown> => {
    const number = ++asked;
    const answered = new Promise<Reply>((resolve) => waiting.set(number, resolve));
    child.send({ number, name, input: value } satisfies Question);
    const reply = await answered;
    if ("error" in reply) throw new Error(`${file}, ${name}: ${reply.error}`);
    return reply.value;
  };
  const ask = new Proxy({} as Child<V>["ask"], {
    get: (_target, name) => (value: unknown) => put(String(name), value),
  });
  // Asked before it is ready, it would lose the question.
  const first = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first[0] !== "ready") throw new Error(`${file} did not start`);
  return {
    pid: child.pid ?? 0,
    ask,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** What the process was started with. */
export function inputOf<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

/**
 * Answers what the bench asks, until it has gone.
 * @param close ends what runs here
 */
export function answer(verbs: Verbs, close: () => Promise<unknown>): void {
  process.on("message", ({ number, name, input }: Question) => {
    void (async () => {
      let reply: Reply;
      try {
        const verb = verbs[name] as ((input: unknown) => unknown) | undefined;
        if (verb === undefined) throw new Error("there is no such verb");
        reply = { number, value: await verb(input) };
      } catch (error) {
        reply = { number, error: error instanceof Error ? (error.stack ?? "") : String(error) };
      }
      process.send?.(reply);
    })();
  });
  process.once("disconnect", () => {
    void close().finally(() => process.exit(0));
  });
  process.send?.("ready");
}
