import type { KubeObject } from "./cluster.ts";

const ADMISSION = "admissionregistration.k8s.io";

export interface AdmissionRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE" | "DELETE" | "CONNECT")[];
}

export interface Admission {
  readonly name: string;
  readonly rules: readonly AdmissionRule[];
  /** Only in namespaces with these labels; undefined: wherever. */
  readonly within?: Readonly<Record<string, string>>;
  /** Conditions in CEL that have it asked at all. */
  readonly when?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** In CEL, each with what is said where it does not hold. */
  readonly validations: readonly (readonly [expression: string, message: string])[];
}

/** A policy of the API server's own, and the binding that puts it in force. It fails closed. */
export function admission(policy: Admission): KubeObject[] {
  const { name, rules, within, when = {}, variables = {}, validations } = policy;
  const named = (expressions: Readonly<Record<string, string>>) =>
    Object.entries(expressions).map(([key, expression]) => ({ name: key, expression }));
  const spec = {
    failurePolicy: "Fail",
    matchConstraints: {
      // With what the API server would fill in, so that what is there can be compared with it.
      matchPolicy: "Equivalent",
      namespaceSelector: within === undefined ? {} : { matchLabels: within },
      objectSelector: {},
      resourceRules: rules.map((rule) => ({ ...rule, apiVersions: ["v1"], scope: "*" })),
    },
    ...(Object.keys(when).length === 0 ? {} : { matchConditions: named(when) }),
    ...(Object.keys(variables).length === 0 ? {} : { variables: named(variables) }),
    validations: validations.map(([expression, message]) => ({
      expression,
      message,
      reason: "Forbidden",
    })),
  };
  return [
    {
      apiVersion: `${ADMISSION}/v1`,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec,
    },
    {
      apiVersion: `${ADMISSION}/v1`,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  ];
}

/** Text as CEL has it: what is put into an expression is a value, never syntax. */
export function celText(text: string): string {
  return JSON.stringify(text);
}
