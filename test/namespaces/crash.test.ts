import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountName, secretName } from "../../src/namespaces/layout.ts";
import { operator } from "../../src/domain/policy.ts";
import type { Change } from "../../src/domain/state.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { DAY_MS, Host, MINUTES_MS } from "./support.ts";

/** More than any act takes. */
const STEPS_MAX = 200;
const LIMIT_MS = 600_000;

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}

interface Someone {
  readonly owner: string;
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly token: string;
}

describeWithService(["kubernetes", "etcd"], "a process that ends after any single step", () => {
  let server: KubernetesServer;
  let host: Host;
  let strangers: string;
  beforeAll(async () => {
    server = await startKubernetes();
    host = await Host.start(server);
    const metadata = { name: "stranger--data" };
    await server.apply([{ apiVersion: "v1", kind: "Namespace", metadata }]);
    strangers = (await host.stored("/api/v1/namespaces/stranger--data")).metadata.resourceVersion;
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  let people = 0;
  /** Someone new with a namespace and a way into it. */
  async function someone(): Promise<Someone> {
    const owner = await host.person(`p${++people}`);
    const { done } = await host.namespace(owner, "a");
    const { done: way, token = "" } = await host.kubeconfig(done.id, 7);
    return { owner, namespace: done.id, kubeconfig: way.id, token };
  }

  const cleared = new Set<string>();
  /** Takes all of it away past the console: what comes next is looked at by itself, and quickly. */
  async function clear(): Promise<void> {
    const { namespaces, kubeconfigs } = host.state;
    for (const { name, uid = "" } of namespaces.values()) {
      cleared.add(uid);
      await server.ask("DELETE", `/api/v1/namespaces/${name}`);
    }
    for (const what of ["secrets", "serviceaccounts"]) {
      const query = "labelSelector=tardis-console/access";
      await server.ask("DELETE", `/api/v1/namespaces/tardis-console/${what}?${query}`);
    }
    const gone = (kind: "namespace" | "kubeconfig", ids: Iterable<string>) =>
      Array.from(ids, (id): Change => ({ kind, id, entity: null }));
    await host.ledger.change(operator, () => ({
      changes: [...gone("namespace", namespaces.keys()), ...gone("kubeconfig", kubeconfigs.keys())],
      event: { type: "cleared", summary: "", owners: [] },
      result: null,
    }));
  }

  const asks = async (token: string, namespace: string) =>
    (await server.ask("GET", `/api/v1/namespaces/${namespace}/pods`, { token })).status;

  /** Everything at Kubernetes is as the store wants it, and nothing else of ours is there. */
  async function expectRight(): Promise<void> {
    const { state, module } = host;
    const listed = await host.stored("/api/v1/namespaces?labelSelector=tardis-console/tenant");
    const names = listed.items
      // What `clear` took away ends by and by.
      .filter(({ metadata }: Named) => !cleared.has(metadata.uid))
      .map(({ metadata }: Named) => metadata.name);
    const own = [...state.namespaces.values()];
    expect(names.toSorted()).toEqual(own.map(({ name }) => name).toSorted());
    const look = await module.namespaces.kind.observeAll(module.system.call);
    for (const { id, uid } of own) {
      const seen = look(id);
      expect(seen?.namespace?.metadata.uid).toBe(uid);
      expect(seen && module.namespaces.kind.plan(id, seen, undefined)).toMatchObject({ steps: [] });
    }
    const beside = async (what: string) =>
      (
        await host.stored(
          `/api/v1/namespaces/tardis-console/${what}?labelSelector=tardis-console/access`,
        )
      ).items
        .map((one: { metadata: { name: string } }) => one.metadata.name)
        .toSorted();
    expect(await beside("serviceaccounts")).toEqual(
      own.map(({ id }) => accountName(id)).toSorted(),
    );
    const ways = [...state.kubeconfigs.values()];
    expect(await beside("secrets")).toEqual(ways.map((way) => secretName(way.handle)).toSorted());
    for (const way of ways) {
      expect(way).toMatchObject({ issued: true, retired: [], deleting: false });
      expect(way.next).toBeUndefined();
    }
    const { metadata } = await host.stored("/api/v1/namespaces/stranger--data");
    expect(metadata.resourceVersion).toBe(strangers);
  }

  /**
   * Does an act again and again, ended after its first step, its second, and so on until it is done;
   * after each the next process must put everything right by itself.
   */
  async function eachStep<T>(
    prepare: () => Promise<T>,
    act: (prepared: T) => Promise<unknown>,
    check?: (prepared: T) => Promise<void>,
    after?: () => Promise<void>,
  ): Promise<number> {
    for (let step = 0; step < STEPS_MAX; step++) {
      const prepared = await prepare();
      host.acts = 0;
      host.crashAfter = step;
      await act(prepared).catch(() => undefined);
      const isDone = host.acts <= step;
      host.restart();
      await host.pass(0);
      await check?.(prepared);
      await expectRight();
      await after?.();
      if (isDone) return step;
    }
    throw new Error("it does not end");
  }

  /** Whatever was lost, there is a way to a token that works. */
  async function expectAWay(id: string): Promise<void> {
    const { outcome, token = "" } = await host.renew(id);
    expect(outcome?.state).toBe("ready");
    const { namespace = "" } = host.state.kubeconfigs.get(id) ?? {};
    expect(await asks(token, host.state.namespaces.get(namespace)?.name ?? "")).toBe(200);
  }

  const nameOf = ({ namespace }: Someone) => host.state.namespaces.get(namespace)?.name ?? "";

  describe("leaves nothing that the next one does not put right, while", () => {
    it(
      "a namespace is made",
      async () => {
        const steps = await eachStep(
          () => host.person(`p${++people}`),
          (owner) => host.namespace(owner, "new"),
          async (owner) => {
            const [id] = host.state.namespacesByOwner.get(owner) ?? [];
            if (id === undefined) return;
            expect(await host.module.standings.get(`namespace/${id}`)).toMatchObject({
              state: "ready",
            });
          },
          clear,
        );
        expect(steps).toBeGreaterThan(20);
      },
      LIMIT_MS,
    );

    it(
      "a kubeconfig is made",
      async () => {
        await clear();
        const owner = await host.person(`p${++people}`);
        const { done } = await host.namespace(owner, "a");
        const steps = await eachStep(
          async () => undefined,
          () => host.kubeconfig(done.id, 7),
          async () => {
            for (const id of host.state.kubeconfigsByNamespace.get(done.id) ?? []) {
              await expectAWay(id);
              await host.revoke(id);
            }
          },
        );
        expect(steps).toBeGreaterThan(5);
      },
      LIMIT_MS,
    );

    it(
      "a kubeconfig is renewed, and revoked",
      async () => {
        await clear();
        const { namespace } = await someone();
        const way = async () => {
          const { done, token = "" } = await host.kubeconfig(namespace, 7);
          return { id: done.id, handle: host.state.kubeconfigs.get(done.id)?.handle, token };
        };
        const renewal = await eachStep(
          way,
          ({ id }) => host.renew(id),
          async ({ id, handle, token }) => {
            // Either the old one still works, or the new one has taken its place.
            if (host.state.kubeconfigs.get(id)?.handle === handle) {
              const name = host.state.namespaces.get(namespace)?.name ?? "";
              expect(await asks(token, name)).toBe(200);
            }
            await expectAWay(id);
            await host.revoke(id);
          },
        );
        expect(renewal).toBeGreaterThan(8);
        await eachStep(
          way,
          ({ id }) => host.revoke(id),
          async ({ id }) => {
            if (host.state.kubeconfigs.has(id)) await host.revoke(id);
          },
        );
      },
      LIMIT_MS,
    );

    it(
      "an owner is suspended, and resumed",
      async () => {
        await clear();
        const one = await someone();
        const suspend = async () => {
          await host.do(suspendOwner, { id: one.owner, reason: "" });
          await host.module.settleOwner(one.owner);
        };
        const resume = async () => {
          await host.do(resumeOwner, { id: one.owner });
          await host.module.settleOwner(one.owner);
        };
        const isSuspended = () => host.state.owners.get(one.owner)?.suspended !== undefined;
        const check = async () => {
          expect(await asks(one.token, nameOf(one))).toBe(isSuspended() ? 403 : 200);
        };
        const opened = async () => {
          if (isSuspended()) await resume();
        };
        const closed = async () => {
          if (!isSuspended()) await suspend();
        };
        expect(await eachStep(opened, suspend, check)).toBeGreaterThan(10);
        expect(await eachStep(closed, resume, check)).toBeGreaterThan(10);
        await opened();
      },
      LIMIT_MS,
    );

    it(
      "a namespace is closed, and deleted when its time is over",
      async () => {
        await clear();
        await eachStep(
          someone,
          ({ namespace }) => host.remove(namespace),
          async (one) => {
            const isClosed = host.state.namespaces.get(one.namespace)?.deleting !== undefined;
            expect(await asks(one.token, nameOf(one))).toBe(isClosed ? 403 : 200);
          },
          clear,
        );
        await eachStep(
          async () => {
            const one = await someone();
            await host.remove(one.namespace);
          },
          async () => {
            await host.pass(8 * DAY_MS);
            await host.pass(MINUTES_MS);
          },
          () =>
            waitFor(
              async () => {
                await host.pass(MINUTES_MS);
                return host.state.namespaces.size + host.state.kubeconfigs.size === 0;
              },
              { timeout: 120_000, describe: "the namespace to end" },
            ).then(() => undefined),
        );
      },
      LIMIT_MS,
    );
  });
});
