import { admission, celText } from "./admission.ts";
import type { KubeObject } from "./cluster.ts";
import type { Tenancy } from "./layout.ts";

/**
 * What holds the console to members' namespaces: its rights alone reach every namespace, as those of
 * Kubernetes cannot be narrowed to a label. Whoever takes the console over gets no further than this.
 */
export function consolePolicies({ layout }: Tenancy): KubeObject[] {
  const when = { "by-the-console": `request.userInfo.username == ${celText(layout.consoleUser)}` };
  const hasLabel = (object: string, label: string) =>
    `(has(${object}.metadata.labels) && ${celText(label)} in ${object}.metadata.labels && ${object}.metadata.labels[${celText(label)}] == "true")`;
  const isTenants = hasLabel("namespaceObject", layout.tenant);
  const enforces = (object: string) =>
    `${object}.metadata.labels[?"pod-security.kubernetes.io/enforce"].orValue("") in ["baseline", "restricted"]`;
  const isMembers = (binding: string) =>
    `(${binding}.roleRef.kind == "ClusterRole" && ${binding}.roleRef.name == ${celText(layout.tenantRole)})`;
  const ownPlace = celText(layout.consoleNamespace);
  return [
    ...admission({
      name: `${layout.manager}-namespaces`,
      when,
      rules: [
        {
          apiGroups: [""],
          resources: ["namespaces"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
      ],
      validations: [
        [
          `request.operation == "CREATE" || ${hasLabel("oldObject", layout.tenant)} || (request.operation == "UPDATE" && ${hasLabel("oldObject", layout.adoptable)})`,
          `the console changes only namespaces with the label ${layout.tenant}, and takes over those with ${layout.adoptable}`,
        ],
        [
          `request.operation == "DELETE" || (${hasLabel("object", layout.tenant)} && ${enforces("object")})`,
          "the console's namespaces have its label, and enforce a standard of pod security",
        ],
        [
          `request.operation != "CREATE" || object.metadata.name.contains("--")`,
          "the console makes only namespaces that are named owner--name",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-objects`,
      when,
      rules: [
        {
          apiGroups: [""],
          resources: ["limitranges", "resourcequotas"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
        {
          apiGroups: ["networking.k8s.io"],
          resources: ["ingresses", "networkpolicies"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["rolebindings"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
      ],
      validations: [
        [
          // What lets members in may go wherever it is: their namespace may have lost its label. The
          // server checks types against each of the resources, of which one has a role: hence `dyn`.
          `${isTenants} || (request.resource.resource == "rolebindings" && request.operation == "DELETE" && ${isMembers("dyn(oldObject)")})`,
          "this is not a member's namespace",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-bindings`,
      when,
      rules: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["rolebindings"],
          operations: ["CREATE", "UPDATE"],
        },
      ],
      validations: [
        [isMembers("object"), "the console gives members' role, and no other"],
        [
          `has(object.subjects) && object.subjects.all(s, s.kind == "ServiceAccount" && s.namespace == ${ownPlace} && s.name != ${celText(layout.consoleAccount)})`,
          "the console gives it to accounts of its own namespace, and to none but members'",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-accounts`,
      when,
      rules: [
        {
          apiGroups: [""],
          resources: ["serviceaccounts"],
          operations: ["CREATE", "UPDATE", "DELETE"],
        },
      ],
      variables: {
        found: `request.operation == "DELETE" ? oldObject : object`,
        own: `request.namespace == ${ownPlace}`,
      },
      validations: [
        [
          `variables.own ? variables.found.metadata.name != ${celText(layout.consoleAccount)} : (${isTenants} && variables.found.metadata.name == "default")`,
          "the console writes members' accounts in its own namespace, and the default ones of members' namespaces",
        ],
        [
          `request.operation == "DELETE" || (has(object.automountServiceAccountToken) && !object.automountServiceAccountToken)`,
          "the console's accounts are not mounted into pods",
        ],
        [
          `request.operation == "DELETE" || !variables.own || ${hasAccess("object", layout.access)}`,
          `the console's own accounts carry ${layout.access}`,
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-tokens`,
      when,
      rules: [{ apiGroups: [""], resources: ["serviceaccounts/token"], operations: ["CREATE"] }],
      validations: [
        [
          `request.namespace == ${ownPlace} && request.name != ${celText(layout.consoleAccount)}`,
          "the console has tokens issued for members' accounts alone",
        ],
        [
          `has(object.spec.boundObjectRef) && object.spec.boundObjectRef.kind == "Secret"`,
          "tokens hang on secrets of their own",
        ],
      ],
    }),
    ...admission({
      name: `${layout.manager}-secrets`,
      when,
      rules: [{ apiGroups: [""], resources: ["secrets"], operations: ["CREATE", "DELETE"] }],
      variables: { found: `request.operation == "DELETE" ? oldObject : object` },
      validations: [
        [
          `variables.found.type == "Opaque" && !has(variables.found.data) && ${hasAccess("variables.found", layout.access)}`,
          "the console's secrets hold nothing: tokens hang on them",
        ],
      ],
    }),
  ];
}

function hasAccess(object: string, label: string): string {
  return `(has(${object}.metadata.labels) && ${celText(label)} in ${object}.metadata.labels)`;
}
