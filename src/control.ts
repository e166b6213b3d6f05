import { Hono } from "hono";
import { stream } from "hono/streaming";
import type { Core } from "./core.ts";
import type { Doctor } from "./doctor/doctor.ts";
import type { Report } from "./doctor/report.ts";
import type { Progress } from "./doctor/run.ts";
import { Refusal, messageOf } from "./errors.ts";
import { StoreError } from "./store/store.ts";
import { recover, recoverPreview } from "./recovery.ts";
import type { TableChange } from "./traefik/compare.ts";
import { exportText, importText } from "./whole-state.ts";

/** A state that may become the truth. */
export interface StateCount {
  readonly revision: number;
  readonly lineage: string;
  readonly records: number;
}

/** What stands where, before anything is decided: the answer to `POST /control/recover/preview`. */
export interface RecoverPreview {
  readonly fault: string | null;
  readonly problems: readonly string[];
  /** What the store gives. */
  readonly store: StateCount | null;
  /** What this process knew last; null where it has read no state. */
  readonly memory: StateCount | null;
  readonly lastGood: { readonly revision: number } | null;
  /** What would be routed differently from what is in memory; null where that is not known. */
  readonly accept: TableChange | null;
  readonly fromExport: TableChange | null;
}

/** What is to be the truth: the body of `POST /control/recover`. */
export type RecoverChoice =
  | { readonly kind: "accept" }
  | { readonly kind: "memory" }
  | { readonly kind: "export"; readonly text: string };

/** One line of the answer to an import: progress, then the end. */
export type ImportLine =
  | { readonly staged: number; readonly of: number }
  | {
      readonly done: true;
      readonly revision: number | null;
      readonly counts: Readonly<Record<string, number>>;
      readonly setAside: readonly string[];
    }
  | { readonly error: string; readonly problems?: readonly string[] };

/** One line of the answer to `GET /control/doctor`: how far it is, and at the end the report. */
export type DoctorLine = { readonly progress: Progress } | { readonly report: Report };

/**
 * What the command line asks of a console: the API as the operator, and what the API does not
 * have: whole exports and imports, and recovery. Reached over the control socket of a running
 * server, or in the same process where none runs.
 * @param doctor of a console that runs
 */
export function createControl(core: Core, doctor?: Doctor): Hono {
  const app = new Hono();
  app.all("/api/*", (context) => core.operatorApi(context.req.raw));
  app.get("/control/export", (context) =>
    context.body(exportText(core), 200, { "Content-Type": "application/json" }),
  );
  app.post("/control/import", async (context) => {
    const text = await context.req.text();
    const merge = context.req.query("merge") === "true";
    const dryRun = context.req.query("dryRun") === "true";
    core.requireLedger();
    context.header("Content-Type", "application/x-ndjson");
    return stream(context, async (out) => {
      const lines: Promise<unknown>[] = [];
      const say = (line: ImportLine) => lines.push(out.write(`${JSON.stringify(line)}\n`));
      try {
        await importText(core, text, { merge, dryRun }, say);
      } catch (error) {
        say({ error: messageOf(error) });
      }
      await Promise.all(lines);
    });
  });
  if (doctor !== undefined) {
    app.get("/control/doctor", (context) => {
      context.header("Content-Type", "application/x-ndjson");
      return stream(context, async (out) => {
        const say = (line: DoctorLine) => out.write(`${JSON.stringify(line)}\n`);
        const report = await doctor.look((progress) => void say({ progress }));
        await say({ report });
      });
    });
  }
  app.post("/control/recover/preview", async (context) => {
    const text = await context.req.text();
    return context.json(await recoverPreview(core, text === "" ? undefined : text));
  });
  app.post("/control/recover", async (context) => {
    const choice = await context.req.json<RecoverChoice>();
    return context.json({ revision: await recover(core, choice) });
  });
  app.onError(async (error, context) => {
    // With the rest of the API, which is loaded when it is first needed.
    const { PROBLEMS } = await import("./api/problem.ts");
    const code =
      error instanceof Refusal
        ? error.code
        : error instanceof StoreError
          ? "unavailable"
          : "internal";
    const { status, title } = PROBLEMS[code];
    const problem = { type: "about:blank", title, status, code, detail: messageOf(error) };
    return context.json(problem, status, { "Content-Type": "application/problem+json" });
  });
  return app;
}
