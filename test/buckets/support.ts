import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { Client } from "minio";
import { Buckets } from "../../src/buckets/module.ts";
import { MinioStorage } from "../../src/buckets/minio-storage.ts";
import type { ObjectStorage } from "../../src/buckets/storage.ts";
import {
  createBucket,
  deleteBucket,
  restoreBucket,
  type BucketSettings,
} from "../../src/buckets/verbs/buckets.ts";
import { createKey, revokeKey, rotateKey, type DrawnKey } from "../../src/buckets/verbs/keys.ts";
import type { Config } from "../../src/config.ts";
import type { Verb } from "../../src/domain/decision.ts";
import type { Bucket, BucketKey } from "../../src/domain/entities.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import type { State } from "../../src/domain/state.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createLog, silentLog, type Logger } from "../../src/observability/log.ts";
import { createPerson } from "../../src/owners/create.ts";
import type { Outcome } from "../../src/reconcile/attempt.ts";
import { Ledger, newId } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { testConfig } from "../support/domain.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { MinioServer } from "../support/minio.ts";
import { toldLedger, toldSystem } from "../support/told.ts";

export { createLog };
export const REGION = "us-east-1";
export const DAY_MS = 24 * 60 * 60 * 1000;
/** What changes something at the storage. */
const CHANGES = [
  "makeBucket",
  "mark",
  "setExposure",
  "setExpiry",
  "setQuota",
  "deleteBucket",
  "deleteEmptyBucket",
  "makeAccount",
  "listAccount",
  "setEnabled",
  "grant",
  "removeAccount",
] as const;

/** How MinIO is reached as its root user. */
type ServerAccess = Pick<MinioServer, "port" | "accessKey" | "secretKey">;

/** Where a host's store is and what it works at: all that another process needs to go on with it. */
export interface Place {
  readonly folder: string;
  readonly server: ServerAccess;
  readonly url: string;
  readonly prefix: string;
  /** By its own clock. */
  readonly now: number;
}

/** A console's buckets at a real MinIO, with a clock that the test turns. */
export class Host {
  readonly server: ServerAccess;
  readonly config: Config["buckets"];
  readonly prefix: string;
  ledger!: Ledger;
  module!: Buckets;
  volatile!: MemoryVolatile;
  leads = true;
  /** Calls and commits that changed something, of all that were made in this process. */
  steps = 0;
  /** Told of each call that changes something, by its name, before it is made. */
  beforeChange: (name: string) => unknown = () => undefined;
  readonly #folder: string;
  readonly #clock: { now: number };
  readonly #log: Logger;
  /** Told of each call and each commit, before whoever waits for it learns of it. */
  readonly #onStep: () => void;

  private constructor(
    { folder, server, url, prefix, now }: Place,
    log: Logger,
    onStep: () => void,
  ) {
    this.server = server;
    this.prefix = prefix;
    this.config = {
      ...testConfig().buckets,
      url,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      prefix,
      interval: 10,
    };
    this.#folder = folder;
    this.#clock = { now };
    this.#log = log;
    this.#onStep = () => {
      this.steps++;
      onStep();
    };
  }

  /** @param url another way to the server, as through a proxy */
  static async start(
    server: MinioServer,
    { log = silentLog, url = server.url }: { log?: Logger; url?: string } = {},
  ): Promise<Host> {
    const folder = (await temporaryFolder()).path;
    // One MinIO serves several hosts: each with a group of its own.
    const prefix = `host-${randomBytes(4).toString("hex")}`;
    const { port, accessKey, secretKey } = server;
    const place = { folder, server: { port, accessKey, secretKey }, url, prefix, now: Date.now() };
    return Host.open(place, log);
  }

  /** A host that is there already, in another process. */
  static async open(
    place: Place,
    log = silentLog,
    onStep: () => void = () => undefined,
  ): Promise<Host> {
    const host = new Host(place, log, onStep);
    await host.#open();
    return host;
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Lets another process have the store, and is a new one after it: what was in memory is gone. */
  async lend<T>(use: (place: Place) => Promise<T>): Promise<T> {
    await this.stop();
    const { server, prefix, config } = this;
    try {
      const { now } = this.#clock;
      return await use({ folder: this.#folder, server, url: config.url, prefix, now });
    } finally {
      await this.#open();
    }
  }

  async #open(): Promise<void> {
    const ledger = await Ledger.open(await openLevelStore(this.#folder), {
      rules: rulesFrom(testConfig()),
      now: () => new Date(this.#clock.now),
    });
    this.ledger = toldLedger(ledger, this.#onStep);
    this.volatile = new MemoryVolatile();
    const { url, accessKey, secretKey } = this.config;
    const credentials = { accessKey: accessKey ?? "", secretKey: secretKey ?? "" };
    const storage = toldSystem<ObjectStorage>(
      (onCall) =>
        new MinioStorage({ url, region: REGION, ...credentials, prefix: this.prefix, onCall }),
      CHANGES,
      this.#onStep,
      (name) => this.beforeChange(name),
    );
    this.module = new Buckets({
      config: this.config,
      ledger: () => this.ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#log,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      storage,
      callMs: 3_000,
    });
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    return result;
  }

  async person(username: string): Promise<string> {
    return (await this.do(createPerson, { username })).id;
  }

  async bucket(
    owner: string,
    name: string,
    settings: BucketSettings = {},
  ): Promise<{ done: Bucket; outcome: Outcome }> {
    const id = newId("bkt", new Date());
    return this.module.settleBucket(id, () =>
      this.do(createBucket, { id, owner, name, ...settings }),
    );
  }

  async key(
    owner: string,
    access: "read" | "write" = "write",
    buckets: string[] | null = null,
  ): Promise<{ done: DrawnKey; outcome: Outcome }> {
    const id = newId("bkey", new Date());
    return this.module.settleKey(
      id,
      () => this.do(createKey, { id, owner, name: "key", access, buckets }),
      ({ secretKey }) => ({ secretKey }),
    );
  }

  rotate(id: string): Promise<{ done: DrawnKey; outcome: Outcome }> {
    return this.module.settleKey(
      id,
      () => this.do(rotateKey, { id }),
      ({ secretKey }) => ({ secretKey }),
    );
  }

  revoke(id: string): Promise<{ done: BucketKey; outcome: Outcome }> {
    return this.module.settleKey(
      id,
      () => this.do(revokeKey, { id }),
      () => undefined,
    );
  }

  async remove(id: string): Promise<{ done: Bucket; outcome: Outcome }> {
    const name = this.state.buckets.get(id)?.name ?? "";
    return this.module.settleBucket(id, () => this.do(deleteBucket, { id, name }));
  }

  /** Puts a bucket back into use that is kept yet. */
  restore(id: string): Promise<{ done: Bucket; outcome: Outcome }> {
    return this.module.settleBucket(id, () => this.do(restoreBucket, { id }));
  }

  /** Moves the clock. */
  wait(ms: number): void {
    this.#clock.now += ms;
  }

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.wait(ms);
    for (let turn = 0; turn < 3; turn++) {
      this.module.loop.tick();
      await this.module.loop.settled();
    }
  }

  /** MinIO as somebody with these keys. */
  as(accessKey: string, secretKey: string): Client {
    const { port } = this.server;
    return new Client({
      endPoint: "127.0.0.1",
      port,
      useSSL: false,
      accessKey,
      secretKey,
      region: REGION,
    });
  }

  get root(): Client {
    return this.as(this.server.accessKey, this.server.secretKey);
  }

  /** The key of a person who was given it. */
  with({ key, secretKey }: DrawnKey): Client {
    const accessKey = this.state.bucketKeys.get(key.id)?.accessKey ?? "";
    return this.as(accessKey, secretKey);
  }

  /** Ends what runs, and lets go of the store. */
  async stop(): Promise<void> {
    await this.module.stop();
    await this.ledger.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether a call is let through; what is thrown for another reason than a refusal is thrown. */
export async function may(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    const refusals = ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"];
    if (code !== undefined && refusals.includes(code)) return false;
    throw error;
  }
}
