import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawKey } from "../../src/buckets/draw.ts";
import { createKey, rotateKey, type DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { newId } from "../../src/store/ledger.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { everythingIn, expectNowhere, printed } from "../support/secret-traces.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host } from "./support.ts";

const { signal } = new AbortController();
const MINUTES_MS = 11 * 60_000;

describeWithService("minio", "a secret key", () => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const errors: string[] = [];
  /** What is said of things, while they are in trouble, too. */
  const standings: string[] = [];
  /** Whether anybody was given them or not. */
  const drawn: DrawnKey[] = [];
  let server: MinioServer;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    server = await startMinio();
    proxy = await startProxy(server.port);
    host = await Host.start(server, { log, url: `http://127.0.0.1:${proxy.port}` });
  }, 60_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await server?.destroy();
  });

  /** As the API and the pages do it. @param trouble begins when the storage is about to be told the secret */
  async function draw(id: string, decide: () => Promise<DrawnKey>, trouble?: () => unknown) {
    host.beforeChange = (name) => (name === "makeAccount" ? trouble?.() : undefined);
    const commit = async () => {
      const done = await decide();
      drawn.push(done);
      return done;
    };
    try {
      const { module, ledger } = host;
      const { given } = await drawKey({ module, ledger }, id, commit, (one) => one.secretKey);
      return given?.secretKey === drawn.at(-1)?.secretKey;
    } catch (error) {
      errors.push(printed(error));
      return false;
    }
  }
  const make = (owner: string, trouble?: () => unknown) => {
    const id = newId("bkey", new Date());
    const input = { id, owner, name: "key", access: "write" as const, buckets: null };
    return draw(id, () => host.do(createKey, input), trouble);
  };
  const rotate = (id: string, trouble?: () => unknown) =>
    draw(id, () => host.do(rotateKey, { id }), trouble);
  const heal = () =>
    waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return host.module.system.away === undefined && host.state.bucketKeys.size === 1;
      },
      { timeout: 30_000, describe: "what nobody was given to be gone" },
    );
  const saidOfThings = async () => JSON.stringify([...(await host.volatile.list(""))]);

  it("is in no log, event, record, standing or message, whatever goes wrong", async () => {
    const owner = await host.person("alice");
    await host.bucket(owner, "a");
    expect(await make(owner)).toBe(true);
    const [id = ""] = host.state.bucketKeys.keys();
    expect(await rotate(id)).toBe(true);

    const TROUBLE: readonly (() => void)[] = [
      () => proxy.cutAnswersAfter(30),
      () => proxy.swallowAnswers(),
      () => proxy.cut(),
    ];
    for (const begin of TROUBLE) {
      for (const work of [() => make(owner, begin), () => rotate(id, begin)]) {
        expect(await work()).toBe(false);
        standings.push(await saidOfThings());
        proxy.restore();
        await heal();
      }
    }
    proxy.cut();
    for (let turn = 0; turn < 3; turn++) await host.pass(MINUTES_MS);
    proxy.restore();
    await heal();
    expect(await rotate(id)).toBe(true);
    // It understands, and refuses: so short an access key is none.
    const { secretKey = "" } = drawn[0] ?? {};
    const refused = host.module.storage.makeAccount("X", secretKey, true, signal);
    errors.push(await refused.then(() => "", printed));
    expect(errors.at(-1)).toContain("InvalidAccessKey");
    expect([errors.length, drawn.length]).toEqual([7, 9]);

    const history = JSON.stringify(await host.ledger.store.history({ limit: 1_000 }));
    standings.push(await saidOfThings());
    const store = await host.lend(({ folder }) => everythingIn(folder));
    const places = {
      "the log": { text: lines.join(""), known: "is away" },
      errors: { text: errors.join("\n"), known: "No key was given out" },
      "the history": { text: history, known: "bucket-key.rotated" },
      "what is said of things": { text: standings.join("\n"), known: "standing:bucketKey/" },
    };
    const secrets = [...drawn.map(({ secretKey }) => secretKey), server.secretKey];
    expectNowhere(secrets, {
      ...places,
      "the store": { text: store, known: "bucket-key.rotated" },
    });
    // An access key may be enough to write, at a server with a known fault; the store alone has it.
    expectNowhere(
      drawn.map(({ key }) => key.next ?? key.accessKey),
      places,
    );
  }, 120_000);
});
