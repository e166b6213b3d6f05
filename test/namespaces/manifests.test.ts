import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifests } from "../../src/namespaces/manifests.ts";
import { tenancyOf } from "../../src/namespaces/layout.ts";
import { testConfig } from "../support/domain.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const tenancy = tenancyOf(testConfig());

describe("what is printed for a cluster's admin", () => {
  it("is called after the prefix that is configured, all of it", () => {
    const other = tenancyOf(testConfig({ TARDIS_NAMESPACES__PREFIX: "members" }));
    const text = JSON.stringify(manifests(other));
    expect(text).not.toContain("tardis-");
    expect(text).not.toContain("tardis:");
    expect(text).toContain("members-console/tenant");
  });
});

describeWithService(["kubernetes", "etcd"], "what is printed for a cluster's admin", () => {
  let server: KubernetesServer;
  beforeAll(async () => {
    server = await startKubernetes();
  }, 120_000);
  afterAll(() => server?.destroy());

  it("is taken by the server, first without being stored, and again when it is there", async () => {
    const objects = manifests(tenancy);
    const own = objects.filter(({ kind }) => kind === "Namespace");
    await server.apply(own);
    await server.apply(objects, "dryRun=All&fieldValidation=Strict");
    await server.apply(objects, "fieldValidation=Strict");
    await server.apply(objects, "fieldValidation=Strict");
  });

  it("has no expression that the server finds a fault with", async () => {
    const root = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    const names = manifests(tenancy)
      .filter(({ kind }) => kind === "ValidatingAdmissionPolicy")
      .map(({ metadata }) => metadata.name);
    expect(names.length).toBeGreaterThan(6);
    for (const name of names) {
      const status = await waitFor(
        async () => {
          const { body } = await server.ask("GET", `${root}/${name}`);
          return body.status?.observedGeneration === body.metadata.generation && body.status;
        },
        { timeout: 30_000, describe: `${name} to be looked at` },
      );
      expect(status.typeChecking?.expressionWarnings ?? [], name).toEqual([]);
    }
  });
});
