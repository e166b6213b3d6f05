import { join } from "node:path";
import { StoreDamaged, StoreUnavailable } from "../store.ts";
import type { Position } from "../store.ts";
import { HeadFile } from "../head.ts";
import { databaseFiles, deleteRange, describe, openLevel, readError } from "./level.ts";
import type { Level } from "./level.ts";
import { ENTITIES, entityRange } from "./record.ts";

/** Where the parts of an embedded store lie in its folder. */
export interface Places {
  readonly folder: string;
  readonly database: string;
  readonly head: string;
  /** A repaired copy of a database that does not open. */
  readonly salvage: string;
  /** The database that is to take the damaged one's place. */
  readonly fresh: string;
}

export function placesIn(folder: string): Places {
  return {
    folder,
    database: join(folder, "db"),
    head: join(folder, "head"),
    salvage: join(folder, "salvage"),
    fresh: join(folder, "recovering"),
  };
}

/**
 * An embedded store's files, open or not: LevelDB's and the head beside it. Every failure comes out
 * of here as a StoreError.
 */
export class Database {
  readonly places: Places;
  readonly report: (message: string) => void;
  readonly #head: HeadFile;
  /** Undefined while it is closed: before it is opened, and after a write failed. */
  #level: Level | undefined;

  constructor(places: Places, report: (message: string) => void) {
    this.places = places;
    this.report = report;
    this.#head = new HeadFile(places.head);
  }

  get isOpen(): boolean {
    return this.#level !== undefined;
  }

  /**
   * Opens the database; makes one only where there never was one.
   * @throws StoreLocked, StoreUnavailable or StoreDamaged.
   */
  async open(): Promise<Level> {
    if (this.#level !== undefined) return this.#level;
    const { database } = this.places;
    const files = await databaseFiles(database);
    const head = await this.readHead();
    if (files === "broken") throw new StoreDamaged(`${database} has lost its file CURRENT`);
    if (files === "none" && head !== undefined) {
      const known = `revision ${head.revision} had been acknowledged`;
      throw new StoreDamaged(`There is no database in ${database}, but ${known}`);
    }
    this.#level = await openLevel(database, files === "none");
    return this.#level;
  }

  /** Reads with the open database. */
  async read<T>(work: (level: Level) => Promise<T>): Promise<T> {
    const level = this.#opened();
    try {
      return await work(level);
    } catch (error) {
      throw error instanceof TypeError ? error : readError(level.location, error);
    }
  }

  /**
   * Writes with the open database. After a failed write LevelDB's log may hold half of it, and
   * what is appended behind that would be lost with it: so the database is closed then.
   * @param outcome what is known of the change when this fails.
   */
  async write(
    outcome: StoreUnavailable["outcome"],
    work: (level: Level) => Promise<void>,
  ): Promise<void> {
    const level = this.#opened();
    try {
      await work(level);
    } catch (cause) {
      await this.closeLevel().catch((error: unknown) => this.report(describe(error)));
      const message = `${level.location} could not be written: ${describe(cause)}`;
      throw new StoreUnavailable(message, outcome, { cause });
    }
  }

  /** Deletes the entities of other generations; what fails now is done at the next start. */
  async sweep(generation: number): Promise<void> {
    const { gte, lt } = entityRange(generation);
    try {
      await this.write("not-written", async (level) => {
        await deleteRange(level, { gte: ENTITIES.gte, lt: gte });
        await deleteRange(level, { gte: lt, lt: ENTITIES.lt });
      });
    } catch (error) {
      this.report(`Replaced entities are still there: ${describe(error)}`);
    }
  }

  /** The position that was acknowledged last, as far as it is known. */
  async readHead(): Promise<Position | undefined> {
    try {
      return await this.#head.read();
    } catch (error) {
      throw readError(this.places.head, error);
    }
  }

  /** The change is durable before this: without it, the head only notices less. */
  async writeHead(position: Position): Promise<void> {
    try {
      await this.#head.write(position);
    } catch (error) {
      this.report(`${this.places.head} could not be written: ${describe(error)}`);
    }
  }

  async closeLevel(): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    await level?.close();
  }

  async close(): Promise<void> {
    await this.closeLevel();
    await this.#head.close();
  }

  #opened(): Level {
    if (this.#level !== undefined) return this.#level;
    throw new StoreUnavailable(`${this.places.database} is not open.`, "not-written");
  }
}
