import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawPassword } from "../../src/databases/draw.ts";
import {
  createAccount,
  renewPassword,
  type DrawnAccount,
} from "../../src/databases/verbs/accounts.ts";
import { newId } from "../../src/store/ledger.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { everythingIn, expectNowhere, printed } from "../support/secret-traces.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host } from "./support.ts";

const MINUTES_MS = 11 * 60_000;

describeWithService("mariadb", "a password", () => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const errors: string[] = [];
  /** What is said of things, while they are in trouble, too. */
  const standings: string[] = [];
  /** Whether anybody was given them or not. */
  const drawn: string[] = [];
  let mariadb: MariadbServer;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    mariadb = await startMariadb();
    proxy = await startProxy(mariadb.port);
    const address = `127.0.0.1:${proxy.port}`;
    host = await Host.start(mariadb, { log, address, callMs: 2_000 });
  }, 120_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await mariadb?.destroy();
  });

  /** As the API and the pages do it. @param trouble begins when the server is about to be told the password */
  async function draw(id: string, decide: () => Promise<DrawnAccount>, trouble?: () => unknown) {
    host.beforeChange = (name) =>
      name === "makeAccount" || name === "setPassword" ? trouble?.() : undefined;
    const commit = async () => {
      const done = await decide();
      drawn.push(done.password);
      return done;
    };
    try {
      const { module, ledger } = host;
      const { given } = await drawPassword({ module, ledger }, id, commit, (one) => one.password);
      return given?.password === drawn.at(-1);
    } catch (error) {
      errors.push(printed(error));
      return false;
    }
  }
  const make = (owner: string, name: string, trouble?: () => unknown) => {
    const id = newId("dbacc", new Date());
    const input = { id, owner, name, access: "write" as const, databases: null };
    return draw(id, () => host.do(createAccount, input), trouble);
  };
  const renew = (id: string, trouble?: () => unknown) =>
    draw(id, () => host.do(renewPassword, { id }), trouble);
  const heal = () =>
    waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return host.module.system.away === undefined && host.state.databaseAccounts.size === 1;
      },
      { timeout: 60_000, describe: "what nobody was given to be gone" },
    );

  it("is in no log, event, record, standing or message, whatever goes wrong", async () => {
    const owner = await host.person("alice");
    await host.database(owner, "a");
    expect(await make(owner, "app")).toBe(true);
    const [id = ""] = host.state.databaseAccounts.keys();
    expect(await renew(id)).toBe(true);

    const TROUBLE: readonly [begin: () => unknown, end: () => unknown][] = [
      // It understands, and refuses: mysql2's errors have the statement in them.
      [
        () => mariadb.root("SET GLOBAL read_only = ON"),
        () => mariadb.root("SET GLOBAL read_only = OFF"),
      ],
      [() => proxy.cutAnswersAfter(3), () => proxy.restore()],
      [() => proxy.swallowAnswers(), () => proxy.restore()],
      [() => proxy.cut(), () => proxy.restore()],
    ];
    for (const [begin, end] of TROUBLE) {
      const works = [() => make(owner, "lost", begin), () => renew(id, begin)];
      for (const work of works) {
        expect(await work()).toBe(false);
        standings.push(JSON.stringify([...(await host.volatile.list(""))]));
        await end();
        await heal();
      }
    }
    proxy.cut();
    for (let turn = 0; turn < 3; turn++) await host.pass(MINUTES_MS);
    proxy.restore();
    await heal();
    expect(await renew(id)).toBe(true);
    const hashes = await mariadb.root(
      "SELECT JSON_VALUE(Priv, '$.authentication_string') AS hash FROM mysql.global_priv",
    );
    const kept = hashes.map(({ hash }) => String(hash)).filter((hash) => hash.length > 20);
    expect(kept.length).toBeGreaterThan(2);
    expect([errors.length, drawn.length]).toEqual([8, 11]);

    const history = JSON.stringify(await host.ledger.store.history({ limit: 1_000 }));
    standings.push(JSON.stringify([...(await host.volatile.list(""))]));
    const store = await host.lend(({ folder }) => everythingIn(folder));
    expectNowhere([...drawn, ...kept, host.config.password ?? ""], {
      "the log": { text: lines.join(""), known: "is away" },
      errors: { text: errors.join("\n"), known: "No password was given out" },
      "the history": { text: history, known: "database-account.renewing" },
      "what is said of things": { text: standings.join("\n"), known: "standing:databaseAccount/" },
      "the store": { text: store, known: "database-account.renewing" },
    });
  }, 180_000);
});
