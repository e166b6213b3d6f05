import { randomBytes } from "node:crypto";
import { Client } from "minio";
import { Buckets } from "../../src/buckets/module.ts";
import { MinioStorage } from "../../src/buckets/minio-storage.ts";
import {
  createBucket,
  deleteBucket,
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

export { createLog };
export const REGION = "us-east-1";
export const DAY_MS = 24 * 60 * 60 * 1000;

/** The console's process ends here: nothing that it was about to do is done. */
export class Crash extends Error {}

/** A console's buckets at a real MinIO, with a clock that the test turns, and ends of its process. */
export class Host {
  readonly server: MinioServer;
  readonly config: Config["buckets"];
  readonly ledger: Ledger;
  readonly prefix: string;
  module!: Buckets;
  volatile!: MemoryVolatile;
  leads = true;
  /** After so many calls and commits the process ends; each is done, and nothing after it. */
  crashAfter = Number.POSITIVE_INFINITY;
  /** Calls and commits so far. */
  acts = 0;
  readonly #clock: { now: number };
  readonly #log: Logger;
  readonly #close: () => Promise<void>;

  private constructor(
    server: MinioServer,
    ledger: Ledger,
    clock: { now: number },
    log: Logger,
    url: string,
    close: () => Promise<void>,
  ) {
    this.server = server;
    this.ledger = ledger;
    this.#clock = clock;
    this.#log = log;
    this.#close = close;
    // One MinIO serves several hosts: each with a group of its own.
    this.prefix = `host-${randomBytes(4).toString("hex")}`;
    this.config = {
      ...testConfig().buckets,
      url,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      prefix: this.prefix,
      interval: 10,
    };
    this.restart();
  }

  /** @param url another way to the server, as through a proxy */
  static async start(
    server: MinioServer,
    { log = silentLog, url = server.url }: { log?: Logger; url?: string } = {},
  ): Promise<Host> {
    const folder = await temporaryFolder();
    const clock = { now: Date.now() };
    const ledger = await Ledger.open(await openLevelStore(folder.path), {
      rules: rulesFrom(testConfig()),
      now: () => new Date(clock.now),
    });
    return new Host(server, ledger, clock, log, url, async () => {
      await ledger.close();
      await folder.remove();
    });
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Another process: what was in memory is gone, and what is volatile, too. */
  restart(): void {
    this.crashAfter = Number.POSITIVE_INFINITY;
    this.acts = 0;
    this.volatile = new MemoryVolatile();
    const { url, accessKey, secretKey } = this.config;
    const storage = new MinioStorage({
      url,
      region: REGION,
      accessKey: accessKey ?? "",
      secretKey: secretKey ?? "",
      prefix: this.prefix,
      onCall: () => this.#act(),
    });
    const ledger = new Proxy(this.ledger, {
      get: (target, name) => {
        if (name !== "change") {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<Ledger["change"]>) => {
          const committed = await target.change(...args);
          this.#act();
          return committed;
        };
      },
    });
    this.module = new Buckets({
      config: this.config,
      ledger: () => ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#log,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      storage,
      callMs: 3_000,
    });
  }

  #act(): void {
    if (++this.acts > this.crashAfter) throw new Crash("the process has ended");
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    this.#act();
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

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.#clock.now += ms;
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

  async close(): Promise<void> {
    await this.module.stop();
    await this.#close();
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
