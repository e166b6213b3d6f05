import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consolePolicy } from "../../src/buckets/console-policy.ts";
import { bucketDoctor, namesIn } from "../../src/buckets/doctor.ts";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { rightsIn } from "../../src/buckets/rights.ts";
import type { Found, Part } from "../../src/checks/check.ts";
import { emptyState, type State } from "../../src/domain/state.ts";
import { lookAtStandings } from "../../src/reconcile/look.ts";
import type { Standings } from "../../src/reconcile/standing.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "../doctor/support.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { freePort } from "../support/ports.ts";
import { describeWithService } from "../support/services.ts";

const { signal } = new AbortController();
const SECRET = "console-secret-0123456789";

describeWithService("minio", "the doctor at a real MinIO", () => {
  let server: MinioServer;
  let admin: MinioAdmin;
  beforeAll(async () => {
    server = await startMinio();
    const { url, accessKey, secretKey } = server;
    admin = new MinioAdmin({ url, region: "us-east-1", credentials: { accessKey, secretKey } });
  }, 60_000);
  afterAll(() => server?.destroy());

  async function account(name: string, policy: object): Promise<void> {
    await admin.addUser(name, { secretKey: SECRET, enabled: true }, signal);
    await admin.putPolicy(name, policy, signal);
    await admin.setUserPolicy(name, name, signal);
  }
  const look = (
    accessKey: string,
    secretKey = SECRET,
    url = server.url,
    state: State | undefined = emptyState,
  ) => {
    const config = configFrom({
      BUCKETS__ENABLED: "true",
      BUCKETS__URL: url,
      BUCKETS__ACCESSKEY: accessKey,
      BUCKETS__SECRETKEY: secretKey,
    });
    const subject = subjectOf(config, { state: async () => state });
    const part: Part = { name: "Buckets", look: (look) => bucketDoctor.look(look, subject) };
    return lookAt(part);
  };

  it("finds nothing wrong with the rights that `buckets policy` prints", async () => {
    await account("exact", consolePolicy);
    expect(faultsIn(await look("exact"))).toEqual([]);
  });

  it("names the rights that are missing, and what gives them", async () => {
    const [adminRights, s3] = consolePolicy.Statement;
    const fewer = adminRights?.Action.filter((action) => action !== "admin:CreateUser") ?? [];
    await account("less", { ...consolePolicy, Statement: [{ ...adminRights, Action: fewer }, s3] });
    expect(faultsIn(await look("less"))).toEqual([
      "wrong rights: The console's account may not do admin:CreateUser: give it the policy that `tardis-console buckets policy` prints.",
    ]);
  });

  it("warns of an account that may do everything", async () => {
    const faults = faultsIn(await look(server.accessKey, server.secretKey));
    expect(faults).toEqual([expect.stringMatching(/^warning rights: .*may do everything/)]);
  });

  it("counts the accounts that no key has, where it knows which there are", async () => {
    await account("asker", consolePolicy);
    await admin.addUser("stranger", { secretKey: SECRET, enabled: true }, signal);
    await admin.addToGroup("tardis", ["stranger"], signal);
    expect(faultsIn(await look("asker"))).toEqual([
      expect.stringMatching(/^warning accounts: 1 account is in the console's group there/),
    ]);
    const unread = await look("asker", SECRET, server.url, undefined);
    expect(saidOf(unread, "accounts")).toMatch(/^(?:ok|skipped|warning)/);
  });

  it("tells of keys that it does not take, and of one that is away, without them", async () => {
    const refused = await look("exact", "wrong-secret-0123456789");
    expect(saidOf(refused, "storage")).toMatch(/^wrong: .*does not take the console's keys/);
    const away = await look("exact", SECRET, `http://127.0.0.1:${await freePort()}`);
    expect(saidOf(away, "storage")).toMatch(/^wrong: .*cannot be reached \(ECONNREFUSED\)/);
    expect(JSON.stringify([refused, away])).not.toContain("secret-0123456789");
  });
});

describe("an account's rights", () => {
  const allow = (...Action: string[]) => ({ Effect: "Allow", Action });
  it.each([
    [consolePolicy, 0, false],
    [{ Statement: [allow("admin:*", "s3:*")] }, 0, true],
    [{ Statement: allow("*") }, 0, true],
    [{ Statement: [allow("*"), { Effect: "Deny", Action: "s3:Put*" }] }, 3, true],
    [{ Statement: [{ Effect: "Allow", Action: "s3:*" }] }, 14, false],
    [{}, 28, false],
    [null, 28, false],
  ])("by %j miss so many: %i", (policy, missing, isRoot) => {
    const rights = rightsIn(policy);
    expect([rights.missing.length, rights.isRoot]).toEqual([missing, isRoot]);
  });
});

describe("things that are not where they should be", () => {
  it("are told by name, with why, and strangers' are not", async () => {
    const found: [string, Found][] = [];
    const bucket = { id: "bkt-1", name: "alice.photos" };
    const state = { ...emptyState, buckets: new Map([["bkt-1", bucket]]) } as unknown as State;
    const standing = { state: "stuck", why: "It is locked.", tries: 3 };
    const standings = {
      all: async (kind: string) =>
        new Map(
          kind === "bucket"
            ? [
                ["bkt-1", standing],
                ["bkt-2", standing],
              ]
            : [],
        ),
    } as unknown as Standings;
    const look = { tell: (what: string, one: Found) => void found.push([what, one]) };
    await lookAtStandings(look, standings, namesIn(state));
    expect(found).toMatchObject([
      ["standing", { state: "wrong", says: "alice.photos (bkt-1): stuck. It is locked." }],
    ]);
  });
});
