import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Found, Part } from "../../src/checks/check.ts";
import { consoleGrants } from "../../src/databases/console-grants.ts";
import { databaseDoctor, lookAtServer, namesIn } from "../../src/databases/doctor.ts";
import { compareRights, rightsIn } from "../../src/databases/own-account.ts";
import { emptyState, type State } from "../../src/domain/state.ts";
import { lookAtStandings } from "../../src/reconcile/look.ts";
import type { Standings } from "../../src/reconcile/standing.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "../doctor/support.ts";
import { certificateFor } from "../support/certificates.ts";
import { testConfig } from "../support/domain.ts";
import {
  type GaleraCluster,
  type MariadbServer,
  startGalera,
  startMariadb,
} from "../support/mariadb.ts";
import { MemoryDatabases } from "../support/memory-databases.ts";
import { freePort } from "../support/ports.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const SECRET = "console-secret-0123456789";
const MINUTE_MS = 60_000;

interface Given {
  readonly address: string;
  readonly user: string;
  readonly password?: string;
  readonly state?: State | undefined;
  readonly now?: () => Date;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodes?: readonly string[];
}

function look({ address, user, password = SECRET, now, env, nodes = [], ...more }: Given) {
  const config = configFrom({
    DATABASES__ENABLED: "true",
    DATABASES__ADDRESS: address,
    DATABASES__USER: user,
    DATABASES__PASSWORD: password,
    ...(nodes.length === 0 ? {} : { DATABASES__NODES: nodes.join(",") }),
    ...env,
  });
  const state = "state" in more ? more.state : emptyState;
  const subject = subjectOf(config, {
    state: async () => state,
    ...(now === undefined ? {} : { now }),
  });
  const part: Part = { name: "Databases", look: (given) => databaseDoctor.look(given, subject) };
  return lookAt(part);
}

/** An account with what `databases grants` prints. */
async function account(server: MariadbServer, user: string, ...also: string[]): Promise<void> {
  const grants = consoleGrants({ product: "MariaDB", user, prefix: "u" });
  await server.root(
    ...grants.map((statement) => statement.replace("PUT A PASSWORD HERE", SECRET)),
    ...also,
  );
}

describeWithService("mariadb", "the doctor at a real MariaDB", () => {
  let server: MariadbServer;
  const at = (user: string, more: Partial<Given> = {}) =>
    look({ address: server.address, user, ...more });
  beforeAll(async () => {
    server = await startMariadb();
    await account(server, "exact");
  }, 120_000);
  afterAll(() => server?.destroy());

  it("finds nothing wrong with the rights that `databases grants` prints", async () => {
    const lines = await at("exact");
    expect(faultsIn(lines)).toEqual([]);
    expect(saidOf(lines, "server")).toMatch(/^ok: The database server answers: MariaDB 10\./);
    expect(saidOf(lines, "rights")).toMatch(/^ok: .*exact@%, may do what it needs, and no more/);
    expect(saidOf(lines, "cluster")).toMatch(/^ok: It stands alone/);
    expect(saidOf(lines, "clock")).toMatch(/^ok: /);
    expect(saidOf(lines, "tls")).toMatch(/^ok: .*without TLS, on this machine/);
  });

  it("names the rights that are missing, and what gives them", async () => {
    await account(server, "less", "REVOKE PROCESS ON *.* FROM less@'%'");
    expect(faultsIn(await at("less"))).toEqual([
      "wrong rights: The console's account, less@%, lacks PROCESS: give it what `tardis-console databases grants` prints.",
    ]);
    await account(
      server,
      "blind",
      "REVOKE ALL PRIVILEGES ON `u\\_%`.* FROM blind@'%'",
      "REVOKE SELECT ON mysql.global_priv FROM blind@'%'",
    );
    expect(faultsIn(await at("blind"))[0]).toMatch(
      /^wrong rights: .*lacks SELECT ON mysql\.global_priv, ALL PRIVILEGES ON u\\_%\.\*: give/,
    );
    await account(server, "keeper", "REVOKE GRANT OPTION ON `u\\_%`.* FROM keeper@'%'");
    expect(faultsIn(await at("keeper"))).toEqual([
      expect.stringMatching(/lacks GRANT OPTION ON u\\_%\.\*: give/),
    ]);
  });

  it("warns of rights that it does not need, and of one who may do everything", async () => {
    await server.root("CREATE ROLE helpers");
    await account(
      server,
      "more",
      "GRANT FILE ON *.* TO more@'%'",
      "GRANT SELECT ON `old\\_shop`.* TO more@'%'",
      "GRANT helpers TO more@'%'",
    );
    const [fault, ...rest] = faultsIn(await at("more"));
    expect(rest).toEqual([]);
    expect(fault).toMatch(/^warning rights: .*may do more than it needs: /);
    expect(fault).toContain("FILE ON *.*");
    expect(fault).toContain("the role helpers");
    expect(fault).toContain("SELECT ON old\\_shop.*");
    const taken = new Map([["db-1", { name: "old_shop" }]]);
    const state = { ...emptyState, databases: taken } as unknown as State;
    expect(faultsIn(await at("more", { state }))[0]).not.toContain("old\\_shop");

    const all = faultsIn(await at("root", { password: server.rootPassword }));
    expect(all).toEqual([expect.stringMatching(/^warning rights: .*may do everything there/)]);
  });

  it("counts the accounts that the console has not made, where it knows its own", async () => {
    await server.root("CREATE USER `u.eve.app`@'%' ACCOUNT LOCK");
    expect(faultsIn(await at("exact"))).toEqual([
      expect.stringMatching(/^warning accounts: 1 account there begins with u\. /),
    ]);
    const unread = await at("exact", { state: undefined });
    expect(saidOf(unread, "accounts")).toMatch(/^skipped: /);
    await server.root("DROP USER `u.eve.app`@'%'");
  });

  it("tells of accounts without a name, which take members' place", async () => {
    await server.root("CREATE USER ''@'10.9.8.7'", "CREATE USER ''@'%'");
    expect(faultsIn(await at("exact"))).toEqual([
      expect.stringMatching(
        /^wrong nameless accounts: .*DROP USER ''@'%'; DROP USER ''@'10\.9\.8\.7';$/,
      ),
    ]);
    await server.root("DROP USER ''@'10.9.8.7'");
    expect(faultsIn(await at("exact"))).toEqual([
      expect.stringMatching(/^warning nameless accounts: .*for %: anybody gets in/),
    ]);
    await server.root("DROP USER ''@'%'");
  });

  it("compares the server's clock with this machine's, whatever its time zone", async () => {
    await server.root("SET GLOBAL time_zone = '+05:45'");
    expect(faultsIn(await at("exact"))).toEqual([]);
    const now = () => new Date(Date.now() - 10 * MINUTE_MS);
    expect(faultsIn(await at("exact", { now }))).toEqual([
      expect.stringMatching(
        /^wrong clock: The database server's clock is (?:599|6\d\d)\S* s ahead of/,
      ),
    ]);
    await server.root("SET GLOBAL time_zone = 'SYSTEM'");
  });

  it("tells of each node that is away, and of one that is of no cluster", async () => {
    const away = `127.0.0.1:${await freePort()}`;
    const lines = await at("exact", { nodes: [`localhost:${server.port}`, away] });
    expect(saidOf(lines, away)).toMatch(/^wrong: .*does not answer.*\(ECONNREFUSED\)/);
    expect(saidOf(lines, `localhost:${server.port}`)).toMatch(/^wrong: .*is of no cluster/);
    expect(saidOf(lines, "rights")).toMatch(/^ok: /);
  });

  it("tells of a password that it does not take, and of one that is away, without them", async () => {
    const refused = await at("exact", { password: "wrong-secret-0123456789" });
    expect(saidOf(refused, "server")).toMatch(/^wrong: .*does not take the console's account/);
    const address = `127.0.0.1:${await freePort()}`;
    const away = await at("exact", { address });
    expect(saidOf(away, "server")).toMatch(/^wrong: .*cannot be reached \(ECONNREFUSED\)/);
    expect(JSON.stringify([refused, away])).not.toContain("secret-0123456789");
  });
});

describeWithService("mariadb", "the doctor at a MariaDB with TLS", () => {
  it("says what it is spoken to by", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tardis-doctor-tls-"));
    const { cert, key } = await certificateFor(["mysql.example"]);
    const [ca, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await writeFile(ca, cert);
    await writeFile(keyFile, key);
    const server = await startMariadb([`--ssl-cert=${ca}`, `--ssl-key=${keyFile}`]);
    try {
      await account(server, "exact");
      const given = { address: server.address, user: "exact" };
      const tls = (name: string) => ({
        DATABASES__TLS__MODE: "verify",
        DATABASES__TLS__CA: ca,
        DATABASES__TLS__SERVERNAME: name,
      });
      const lines = await look({ ...given, env: tls("mysql.example") });
      expect(faultsIn(lines)).toEqual([]);
      expect(saidOf(lines, "tls")).toMatch(/^ok: It is spoken to by TLS \(TLS_/);
      const other = await look({ ...given, env: tls("other.example") });
      expect(saidOf(other, "server")).toMatch(/^wrong: .*cannot be reached.*databases\.tls/);
    } finally {
      await server.destroy();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describeWithService("mariadb", "the doctor at a cluster", () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await startGalera();
    await account(cluster.nodes[0], "exact");
  }, 180_000);
  afterAll(() => cluster?.destroy());

  it("tells of nodes that are not named, of those away, and of one that is cut off", async () => {
    const [first, second, third] = cluster.nodes;
    const nodes = cluster.nodes.map(({ address }) => address);
    const given = { address: first.address, user: "exact" };
    const whole = await look({ ...given, nodes });
    expect(faultsIn(whole)).toEqual([]);
    expect(saidOf(whole, "cluster")).toMatch(/^ok: It is of a cluster of 3 nodes/);
    expect(saidOf(whole, second.address)).toMatch(/^ok: The node .* takes part/);
    const few = await look({ ...given, nodes: nodes.slice(0, 2) });
    expect(faultsIn(few)).toEqual([
      expect.stringMatching(/^wrong cluster: .*names 2: what is open/),
    ]);

    await Promise.all([second.kill(), third.kill()]);
    await waitFor(
      async () => {
        const lines = await look({ ...given, nodes });
        return /cut off from its cluster/.test(saidOf(lines, "node") ?? "") ? lines : undefined;
      },
      { timeout: 60_000, describe: "the node to be told of as cut off" },
    );
    const lines = await look({ ...given, nodes });
    expect(saidOf(lines, "node")).toMatch(/^wrong: The database server is cut off/);
    expect(saidOf(lines, third.address)).toMatch(/^wrong: .*does not answer/);
  }, 120_000);
});

describe("what an account may do", () => {
  const given = (...lines: string[]) => lines.flatMap((line) => rightsIn(line) ?? []);
  const mysql = (isOn: boolean) => ({ product: "MySQL", partialRevokes: isOn }) as const;
  const exact = consoleGrants({ product: "MySQL", user: "console", prefix: "u" }).slice(1);

  it("is nothing of its password", () => {
    const line =
      "GRANT PROCESS ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*AB' REQUIRE SSL WITH GRANT OPTION";
    expect(rightsIn(line)).toEqual({ on: "*.*", rights: ["PROCESS"], mayGive: true });
    expect(rightsIn("GRANT USAGE ON *.* TO `a`@`%`")).toMatchObject({ rights: [] });
    expect(rightsIn("GRANT SELECT (a, b), INSERT ON `x`.`y` TO `a`@`%`")?.rights).toEqual([
      "SELECT (a, b)",
      "INSERT",
    ]);
    expect(rightsIn("SET DEFAULT ROLE `r` FOR `a`@`%`")).toBeUndefined();
  });

  it("is by a pattern nothing where MySQL takes names as they are", () => {
    const lines = given(
      ...exact.map((line) =>
        line
          .replace(";", "")
          .replaceAll("mysql.", "`mysql`.")
          .replace(/(?<=`mysql`\.)\w+/, "`$&`"),
      ),
    );
    expect(compareRights(mysql(false), "u", lines, new Set())).toEqual({
      missing: [],
      more: [],
      isRoot: false,
    });
    expect(compareRights(mysql(true), "u", lines, new Set()).missing).toEqual([
      "ALL PRIVILEGES ON u\\_%.*",
    ]);
  });

  it("is told with partial_revokes, as wrong where it takes rights away", async () => {
    const server = new MemoryDatabases();
    const version = {
      version: "8.0.36",
      product: "MySQL",
      clusterSize: 0,
      partialRevokes: true,
    } as const;
    server.version = async () => version as never;
    const told: [string, Found][] = [];
    const tell = (what: string, one: Found) => void told.push([what, one]);
    const { signal } = new AbortController();
    const way = {
      config: testConfig().databases,
      call: <T>(work: (signal: AbortSignal) => Promise<T>) => work(signal),
      signal,
      now: Date.now,
    };
    await lookAtServer({ tell }, server, way, emptyState);
    expect(told).toContainEqual(["partial_revokes", expect.objectContaining({ state: "warning" })]);
    server.ownAccount = async () => ({ takenFor: "console@%", rights: given(...exact) });
    await lookAtServer({ tell }, server, way, emptyState);
    expect(told).toContainEqual(["partial_revokes", expect.objectContaining({ state: "wrong" })]);
  });
});

describe("databases and accounts that are not where they should be", () => {
  it("are told by name, with why, and strangers' are not", async () => {
    const told: Found[] = [];
    const state = {
      ...emptyState,
      databaseAccounts: new Map([
        ["dbacc-1", { name: "u.ann.app" }],
        ["dbacc-3", { name: "u.ann.cut" }],
        ["dbacc-4", { name: "u.ann.right" }],
      ]),
    } as unknown as State;
    const standing = { state: "conflict", why: "Somebody else has it.", tries: 0 };
    const cut = { state: "suspended", why: "Something is open.", tries: 0 };
    const of = new Map<string, object>(["dbacc-1", "dbacc-2"].map((id) => [id, standing]));
    of.set("dbacc-3", { ...cut, unfinished: true }).set("dbacc-4", cut);
    const standings = {
      all: async (kind: string) => (kind === "databaseAccount" ? of : new Map()),
    } as unknown as Standings;
    const tell = (_what: string, one: Found) => void told.push(one);
    await lookAtStandings({ tell }, standings, namesIn(state));
    expect(told).toEqual([
      { state: "wrong", says: "u.ann.app (dbacc-1): conflict. Somebody else has it." },
      { state: "wrong", says: "u.ann.cut (dbacc-3): suspended. Something is open." },
    ]);
  });
});
