import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { ACTS } from "./acts.ts";
import { CrashWorld, type Someone } from "./crash-world.ts";
import { DAY_MS, type Host, MINUTES_MS } from "./support.ts";

const LIMIT_MS = 600_000;

describeWithService(
  ["kubernetes", "etcd"],
  "a process that is killed after any single step",
  () => {
    let server: KubernetesServer;
    let world: CrashWorld;
    let host: Host;
    beforeAll(async () => {
      server = await startKubernetes();
      world = await CrashWorld.start(server);
      host = world.host;
    }, 120_000);
    // One test's things at a time, or each look would be at more.
    afterEach(() => world.clear(), 60_000);
    afterAll(async () => {
      await world?.close();
      await server?.destroy();
    });

    describe(
      "leaves nothing that the next one does not put right, while",
      { timeout: LIMIT_MS },
      () => {
        it("a namespace is made", async () => {
          const steps = await world.eachStep(
            "makeNamespace",
            () => world.person(),
            async (owner) => {
              const [{ uid } = {}] = [...host.state.namespaces.values()];
              expect(uid).toBeDefined();
              expect([...host.state.namespaces.values()]).toMatchObject([{ owner }]);
            },
            () => world.clear(),
          );
          expect(steps).toBeGreaterThan(8);
        });

        it("a kubeconfig is made", async () => {
          const { done } = await host.namespace(await world.person(), "a");
          const steps = await world.eachStep(
            "makeKubeconfig",
            async () => done.id,
            async () => {
              for (const id of host.state.kubeconfigsByNamespace.get(done.id) ?? []) {
                await world.expectAWay(id);
                await host.revoke(id);
              }
            },
          );
          expect(steps).toBeGreaterThan(3);
        });

        it("a kubeconfig is renewed, and revoked", async () => {
          const { done } = await host.namespace(await world.person(), "a");
          let before: { handle: string | undefined; token: string };
          const way = async () => {
            const { done: made, token = "" } = await host.kubeconfig(done.id, 7);
            before = { handle: host.state.kubeconfigs.get(made.id)?.handle, token };
            return made.id;
          };
          const renewal = await world.eachStep("renewKubeconfig", way, async (id) => {
            // Either the old one still works, or the new one has taken its place.
            if (host.state.kubeconfigs.get(id)?.handle === before.handle)
              expect(await world.asks(before.token, done.id)).toBe(200);
            await world.expectAWay(id);
            await host.revoke(id);
          });
          expect(renewal).toBeGreaterThan(5);
          const revocation = await world.eachStep("revokeKubeconfig", way, async (id) => {
            expect(host.state.kubeconfigs.has(id)).toBe(false);
            // An API server remembers for some seconds what it took a token to be.
            await waitFor(async () => (await world.asks(before.token, done.id)) === 401, {
              timeout: 30_000,
              describe: "the token to be taken no more",
            });
          });
          expect(revocation).toBeGreaterThan(1);
        });

        it("an owner is suspended, and resumed", async () => {
          const one = await world.someone();
          const check = async () => {
            const isSuspended = world.isSuspended(one.owner);
            expect(await world.asks(one.token, one.namespace)).toBe(isSuspended ? 403 : 200);
          };
          const put = (suspended: boolean) => async () => {
            if (world.isSuspended(one.owner) !== suspended)
              await ACTS[suspended ? "suspend" : "resume"](host, one.owner);
            return one.owner;
          };
          expect(await world.eachStep("suspend", put(false), check)).toBeGreaterThan(3);
          expect(await world.eachStep("resume", put(true), check)).toBeGreaterThan(3);
        });

        it("an owner leaves", async () => {
          let one: Someone;
          const steps = await world.eachStep(
            "leave",
            async () => {
              one = await world.someone();
              return one.owner;
            },
            async (owner) => {
              expect(host.state.owners.has(owner)).toBe(false);
              expect([401, 403]).toContain(await world.asks(one.token, one.namespace));
              expect(host.state.kubeconfigs.size).toBe(0);
              // What is theirs is kept for as long as any that is deleted, and can be given on.
              expect(host.state.namespaces.get(one.namespace)?.deleting).toBeDefined();
            },
            () => world.clear(),
          );
          expect(steps).toBeGreaterThan(5);
        });

        it("a namespace is closed, and put back into use", async () => {
          const { namespace, token } = await world.someone();
          const isClosed = () => host.state.namespaces.get(namespace)?.deleting !== undefined;
          const check = async () =>
            expect(await world.asks(token, namespace)).toBe(isClosed() ? 403 : 200);
          const put = (closed: boolean) => async () => {
            if (isClosed() !== closed)
              await (closed ? host.remove(namespace) : host.restore(namespace));
            return namespace;
          };
          expect(await world.eachStep("removeNamespace", put(false), check)).toBeGreaterThan(3);
          expect(await world.eachStep("restoreNamespace", put(true), check)).toBeGreaterThan(3);
        });

        it("a namespace is deleted when its time is over", async () => {
          let one: Someone;
          const steps = await world.eachStep(
            "look",
            async () => {
              one = await world.someone();
              await host.remove(one.namespace);
              host.wait(8 * DAY_MS);
              return one.namespace;
            },
            () =>
              waitFor(
                async () => {
                  await host.pass(MINUTES_MS);
                  return host.state.namespaces.size + host.state.kubeconfigs.size === 0;
                },
                { timeout: 120_000, describe: "the namespace to end" },
              ),
          );
          expect(steps).toBeGreaterThan(3);
        });
      },
    );
  },
);
