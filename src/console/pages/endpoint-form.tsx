import type { Endpoint, Owner } from "../../domain/entities.ts";
import { labelOf } from "../../domain/names.ts";
import { labelsOf, type State } from "../../domain/state.ts";
import type { Rules } from "../../domain/rules.ts";
import type { EndpointInput } from "../../endpoints/create.ts";
import type { FormErrors } from "../forms.ts";
import { AreaField, CheckField, SelectField, TextField } from "../parts/fields.tsx";

/** A form for an endpoint as it is typed: texts, and boxes that are ticked. */
export interface EndpointForm {
  /** A label of the owner's; `""` for an endpoint at a whole host, which keeps it. */
  readonly label: string;
  readonly path: string;
  readonly target: string;
  /** Further targets, one a line. */
  readonly more: string;
  readonly stripPrefix: boolean;
  readonly passHostHeader: boolean;
  readonly acceptSelfSigned: boolean;
  readonly healthPath: string;
  readonly healthInterval: string;
}

export const emptyForm: EndpointForm = {
  label: "",
  path: "",
  target: "",
  more: "",
  stripPrefix: false,
  passHostHeader: true,
  acceptSelfSigned: false,
  healthPath: "",
  healthInterval: "",
};

/** The form's own names for what a verb may find fault with. */
export const ENDPOINT_FIELDS: Readonly<Record<string, string>> = {
  owner: "label",
  label: "label",
  host: "label",
  path: "path",
  target: "target",
  "targets.0": "target",
  targets: "more",
  ...Object.fromEntries(Array.from({ length: 63 }, (_, n) => [`targets.${n + 1}`, "more"])),
  acceptSelfSigned: "acceptSelfSigned",
  "healthCheck.path": "healthPath",
  "healthCheck.intervalSeconds": "healthInterval",
  "healthCheck.timeoutSeconds": "healthInterval",
};

/** What was typed, from a form's fields; anything else in them is passed over. */
export function readForm(fields: Readonly<Record<string, unknown>>): EndpointForm {
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === "string" ? value : "";
  };
  return {
    label: text("label"),
    path: text("path").trim(),
    target: text("target").trim(),
    more: text("more"),
    stripPrefix: text("stripPrefix") === "yes",
    passHostHeader: text("passHostHeader") === "yes",
    acceptSelfSigned: text("acceptSelfSigned") === "yes",
    healthPath: text("healthPath").trim(),
    healthInterval: text("healthInterval").trim(),
  };
}

/** An endpoint as the form shows it. */
export function formOf(endpoint: Endpoint, rules: Rules, state: State): EndpointForm {
  const label = labelOf(endpoint.host, rules.zone);
  const [target = "", ...more] = endpoint.targets;
  return {
    label: label !== undefined && state.labels.has(label) ? label : "",
    path: endpoint.path,
    target,
    more: more.join("\n"),
    stripPrefix: endpoint.stripPrefix,
    passHostHeader: endpoint.passHostHeader,
    acceptSelfSigned: endpoint.acceptSelfSigned,
    healthPath: endpoint.healthCheck?.path ?? "",
    healthInterval: String(endpoint.healthCheck?.intervalSeconds ?? ""),
  };
}

/** What a verb is given of it; whose it is and at which label say the callers. */
export function inputOf(
  form: EndpointForm,
): Pick<
  EndpointInput,
  "path" | "targets" | "stripPrefix" | "passHostHeader" | "acceptSelfSigned" | "healthCheck"
> {
  const targets = [form.target, ...form.more.split("\n").map((line) => line.trim())];
  return {
    path: withSlash(form.path),
    targets: targets.filter((text) => text !== "").map(withScheme),
    stripPrefix: form.stripPrefix,
    passHostHeader: form.passHostHeader,
    acceptSelfSigned: form.acceptSelfSigned,
    healthCheck: form.healthPath === "" ? undefined : checkOf(form),
  };
}

function checkOf({ healthPath, healthInterval }: EndpointForm): EndpointInput["healthCheck"] {
  if (healthInterval === "") return { path: healthPath };
  return { path: healthPath, intervalSeconds: Number(healthInterval) };
}

/** People write `wiki` and `10.0.3.7:8080`; the verb decides of what it becomes. */
function withSlash(path: string): string {
  return path === "" || path.startsWith("/") ? path : `/${path}`;
}

function withScheme(target: string): string {
  return target.includes("://") ? target : `http://${target}`;
}

/** The labels that some owners hold, as choices. */
export function labelChoices(
  state: State,
  owners: readonly Owner[],
  rules: Rules,
): readonly (readonly [label: string, text: string])[] {
  return owners.flatMap((owner) =>
    labelsOf(state, owner.id)
      .filter(({ restsUntil }) => restsUntil === undefined)
      .map(({ id }): [string, string] => [id, `${id}.${rules.zone}`])
      .toSorted(([a], [b]) => (a === owner.name ? -1 : b === owner.name ? 1 : a < b ? -1 : 1)),
  );
}

export interface EndpointFieldsProps {
  readonly form: EndpointForm;
  readonly errors: FormErrors;
  readonly choices: readonly (readonly [label: string, text: string])[];
  readonly rules: Rules;
  /** The host of an endpoint that no label is at. */
  readonly host?: string | undefined;
}

/** The fields of the form, the usual ones first. */
export function EndpointFields({ form, errors, choices, rules, host }: EndpointFieldsProps) {
  const port = rules.httpsPort === 443 ? "" : `:${rules.httpsPort}`;
  const [only] = choices;
  const isUnusual =
    form.more !== "" ||
    form.stripPrefix ||
    !form.passHostHeader ||
    form.acceptSelfSigned ||
    form.healthPath !== "" ||
    errors.all.some(({ field }) => field !== undefined && UNUSUAL.has(field));
  return (
    <>
      {host !== undefined ? null : choices.length === 1 &&
        only?.[0] === form.label &&
        errors.of("label") === undefined ? (
        <input type="hidden" name="label" value={form.label} />
      ) : (
        <SelectField
          name="label"
          label="Name"
          value={form.label}
          options={choices}
          errors={errors}
        />
      )}
      <TextField
        name="path"
        label="Path"
        value={form.path}
        placeholder="/wiki"
        maxlength={300}
        errors={errors}
        hint="Leave it empty for the whole host. A longer path wins over a shorter one."
      />
      <p class="address">
        <span id="address-label">It will be at</span>{" "}
        <output
          aria-labelledby="address-label"
          data-address
          data-zone={rules.zone}
          data-port={port}
          data-host={host ?? `${form.label}.${rules.zone}`}
        >
          {`https://${host ?? `${form.label}.${rules.zone}`}${port}${withSlash(form.path) || "/"}`}
        </output>
      </p>
      <TextField
        name="target"
        label="Where it runs"
        value={form.target}
        placeholder="http://10.0.3.7:8080"
        required
        maxlength={300}
        inputmode="url"
        errors={errors}
        hint="The address and port that Traefik is to pass requests on to."
      />
      <details id="unusual" open={isUnusual}>
        <summary>More settings</summary>
        <CheckField
          name="stripPrefix"
          label="Take the path away before passing requests on"
          hint="For a service that expects to be at /."
          checked={form.stripPrefix}
          errors={errors}
        />
        <CheckField
          name="passHostHeader"
          label="Tell the service the host that was asked for"
          hint="Most want this. Without it, it sees its own address."
          checked={form.passHostHeader}
          errors={errors}
        />
        <CheckField
          name="acceptSelfSigned"
          label="Accept a self-signed certificate"
          hint="Only for targets with https."
          checked={form.acceptSelfSigned}
          errors={errors}
        />
        <AreaField
          name="more"
          label="More servers"
          value={form.more}
          maxlength={20_000}
          errors={errors}
          hint="One address a line. Requests are spread over all of them."
        />
        <TextField
          name="healthPath"
          label="Health check"
          value={form.healthPath}
          placeholder="/healthz"
          maxlength={200}
          errors={errors}
          hint="A path that answers while the service is well. A server that does not is left out."
        />
        <TextField
          name="healthInterval"
          label="Seconds between checks"
          inputmode="numeric"
          value={form.healthInterval}
          errors={errors}
        />
      </details>
    </>
  );
}

const UNUSUAL = new Set(["more", "acceptSelfSigned", "healthPath", "healthInterval"]);
