import { stringify } from "yaml";

export interface KubeconfigFileInput {
  /** The API server, as members reach it. */
  readonly url: string;
  /** Certificates (PEM) that sign its own; undefined: the system's. */
  readonly ca: string | undefined;
  readonly namespace: string;
  readonly token: string;
}

/**
 * What `kubectl` takes as its configuration, with the namespace set: nothing has to be given with each
 * command. Written by a writer of YAML, so no value of it becomes syntax.
 */
export function kubeconfigFile({ url, ca, namespace, token }: KubeconfigFileInput): string {
  const certificate =
    ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: namespace, cluster: { server: url, ...certificate } }],
    users: [{ name: namespace, user: { token } }],
    contexts: [{ name: namespace, context: { cluster: namespace, user: namespace, namespace } }],
    "current-context": namespace,
  });
}
