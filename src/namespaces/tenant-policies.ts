import { admission, celText, type AdmissionRule } from "./admission.ts";
import type { KubeObject } from "./cluster.ts";
import type { Tenancy } from "./layout.ts";

const writes = (apiGroup: string, resource: string): AdmissionRule[] => [
  { apiGroups: [apiGroup], resources: [resource], operations: ["CREATE", "UPDATE"] },
];

/** What a path of an ingress may be made of. Traefik puts it into a rule of its own, as it is. */
const PATH = "^/[A-Za-z0-9._~/-]*$";
const TRAEFIK = "traefik.ingress.kubernetes.io/";
/** The one of Traefik's annotations that gives nobody what is another's. */
const HARMLESS = `${TRAEFIK}router.tls`;

/**
 * What holds members to what is theirs where roles and quotas don't: hosts of ingresses, services that
 * point elsewhere, tokens that outlive their kubeconfig, pods put past the scheduler.
 */
export function tenantPolicies({ layout }: Tenancy): KubeObject[] {
  const within = { [layout.tenant]: "true" };
  const hosts = celText(layout.hosts);
  const isOwn = (host: string) =>
    `variables.own.exists(h, ${host} == h || ${host}.endsWith("." + h))`;
  return [
    ...admission({
      name: `${layout.manager}-tenant-ingresses`,
      within,
      rules: writes("networking.k8s.io", "ingresses"),
      variables: {
        own: `namespaceObject.metadata.?annotations[?${hosts}].orValue("").split(",").filter(h, h != "")`,
      },
      validations: [
        ["!has(object.spec.defaultBackend)", "a default backend would take every host"],
        [
          `has(object.spec.rules) && object.spec.rules.all(r, has(r.host) && !r.host.startsWith("*") && ${isOwn("r.host")})`,
          `each rule needs a host of yours: it is in the annotation ${layout.hosts} of the namespace`,
        ],
        [
          `object.spec.?rules.orValue([]).all(r, !has(r.http) || r.http.paths.all(p, !has(p.path) || p.path.matches(${celText(PATH)})))`,
          "a path is made of letters, digits and . _ ~ / -",
        ],
        [
          `object.spec.?tls.orValue([]).all(t, has(t.hosts) && size(t.hosts) > 0 && t.hosts.all(n, !n.startsWith("*") && ${isOwn("n")}))`,
          "certificates are for hosts of yours, which have to be named",
        ],
        [
          `object.metadata.?annotations.orValue({}).all(k, !k.startsWith(${celText(TRAEFIK)}) || k == ${celText(HARMLESS)})`,
          `of Traefik's annotations only ${HARMLESS} may be set`,
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-tenant-services`,
      within,
      rules: writes("", "services"),
      validations: [
        [
          `object.spec.type == "ClusterIP" && object.spec.?externalIPs.orValue([]).size() == 0`,
          "services are of type ClusterIP, without externalIPs",
        ],
        [
          `has(object.spec.selector) && object.spec.selector.size() > 0`,
          "services select pods of this namespace",
        ],
        [
          `object.metadata.?annotations.orValue({}).all(k, !k.startsWith(${celText(`${TRAEFIK}service.serverstransport`)}))`,
          "how Traefik speaks to services is the operators' to say",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-tenant-secrets`,
      within,
      rules: writes("", "secrets"),
      validations: [
        [
          `object.type != "kubernetes.io/service-account-token"`,
          "a token made so would outlive your kubeconfig",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-tenant-pods`,
      within,
      // An update may add tolerations: to a pod that waits behind a gate, too.
      rules: writes("", "pods"),
      variables: {
        isNew: `request.operation == "CREATE"`,
        // What a pod has already is not asked again, or nothing else of it could be changed.
        known: `variables.isNew ? [] : oldObject.spec.?tolerations.orValue([])`,
      },
      validations: [
        [
          `!variables.isNew || object.spec.?nodeName.orValue("") == ""`,
          "pods are put on nodes by the scheduler",
        ],
        [
          `object.spec.?tolerations.orValue([]).all(t, t in variables.known || (has(t.key) && !t.key.startsWith("node-role.kubernetes.io/")))`,
          "pods tolerate taints by name, and none of the control plane",
        ],
        [
          `!variables.isNew || !object.spec.?priorityClassName.orValue("").startsWith("system-")`,
          "the system's priorities are not for members' pods",
        ],
      ],
    }),
  ];
}
