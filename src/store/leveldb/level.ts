import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ClassicLevel } from "classic-level";
import { StoreDamaged, StoreError, StoreLocked, StoreUnavailable } from "../store.ts";
import { runInTurns, type Steps } from "../../turns.ts";
import type { KeyRange } from "./record.ts";

export type Level = ClassicLevel;

const OPEN_ATTEMPTS = 3;
const OPEN_PAUSE_MS = 100;
const CHUNK_ENTRIES = 1000;
/** Without a limit of its own LevelDB's iterator hands out 16 KB at a time, which is slow. */
const CHUNK_BYTES = 1 << 20;

/** What the machine says when the files may be all right but cannot be reached or written now. */
const ENVIRONMENT =
  /no space left|quota exceeded|permission denied|not permitted|read-only file|too many open|input\/output|cannot allocate/i;

/**
 * Opens a LevelDB; trouble of the machine is tried again a few times.
 * @throws StoreLocked, StoreUnavailable (`not-written`) or StoreDamaged.
 */
export async function openLevel(path: string, create: boolean): Promise<Level> {
  for (let attempt = 1; ; attempt += 1) {
    const level = new ClassicLevel(path, { createIfMissing: create });
    try {
      await level.open();
      return level;
    } catch (error) {
      await level.close();
      const reason = openError(path, error);
      if (!(reason instanceof StoreUnavailable) || attempt === OPEN_ATTEMPTS) throw reason;
      await delay(OPEN_PAUSE_MS);
    }
  }
}

function openError(path: string, error: unknown): StoreError {
  if (codes(error).includes("LEVEL_LOCKED")) {
    return new StoreLocked(
      `Another process has the store in ${path} open. Only one can: stop it, or let the command talk to it.`,
      { cause: error },
    );
  }
  return ENVIRONMENT.test(describe(error)) ? unreachable(path, error) : unreadable(path, error);
}

/** What a failed read of an open database means. */
export function readError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const broken = codes(error).some(
    (code) => code === "LEVEL_CORRUPTION" || code === "LEVEL_IO_ERROR",
  );
  if (!broken || ENVIRONMENT.test(describe(error))) return unreachable(path, error);
  return unreadable(path, error);
}

function unreachable(path: string, cause: unknown): StoreUnavailable {
  const message = `The store in ${path} cannot be read now: ${describe(cause)}`;
  return new StoreUnavailable(message, "not-written", { cause });
}

function unreadable(path: string, cause: unknown): StoreDamaged {
  return new StoreDamaged(`LevelDB cannot read ${path}: ${describe(cause)}`, { cause });
}

function codes(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code } = error as NodeJS.ErrnoException;
  return [...(code === undefined ? [] : [code]), ...codes(error.cause)];
}

/** The innermost message, which says the most. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : describe(error.cause);
}

/**
 * What lies in a database's folder. LevelDB creates an empty database where `CURRENT` is missing,
 * and deletes the tables of the old one: so it may create only where there never was any.
 */
export async function databaseFiles(path: string): Promise<"none" | "complete" | "broken"> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "none";
    throw readError(path, error);
  }
  if (names.includes("CURRENT")) return "complete";
  // A birth that was cut off leaves the first manifest and nothing else.
  const born = names.some((name) => /\.(ldb|sst|log)$|^MANIFEST-(?!000001$)/.test(name));
  return born ? "broken" : "none";
}

/** What a batch does to one key. */
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

/** So many operations are put together at once; more take turns. */
const AT_ONCE = 256;
/** Operations between two pauses: below a millisecond. */
const STEP = 32;

/** Writes a batch, whole or not at all, and durable once it resolves. */
export async function writeBatch(level: Level, operations: readonly Operation[]): Promise<void> {
  if (operations.length <= AT_ONCE) return level.batch([...operations], { sync: true });
  const batch = level.batch();
  await runInTurns(fill(batch, operations));
  await batch.write({ sync: true });
}

function* fill(batch: ReturnType<Level["batch"]>, operations: readonly Operation[]): Steps<void> {
  for (const operation of operations) {
    if (operation.type === "put") batch.put(operation.key, operation.value);
    else batch.del(operation.key);
    if (batch.length % STEP === 0) yield;
  }
}

/** Entries of a range in order, in chunks that are cheap to hand over. */
export async function* chunks(
  level: Level,
  range: Partial<KeyRange>,
): AsyncGenerator<readonly [string, string][]> {
  const iterator = level.iterator({ ...range, highWaterMarkBytes: CHUNK_BYTES });
  try {
    for (;;) {
      const chunk = await iterator.nextv(CHUNK_ENTRIES);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    await iterator.close();
  }
}

/** Deletes a range, in batches that are durable one by one. */
export async function deleteRange(level: Level, range: KeyRange): Promise<void> {
  for await (const chunk of chunks(level, range)) {
    await level.batch(
      chunk.map(([key]) => ({ type: "del" as const, key })),
      { sync: true },
    );
  }
}
