import type { Rules } from "../../domain/rules.ts";
import { LostUpdate } from "../parts/lost-update.tsx";
import type { EndpointForm } from "./endpoint-form.tsx";

const NAMES = {
  label: "Name",
  path: "Path",
  target: "Where it runs",
  more: "More servers",
  stripPrefix: "Path taken away",
  passHostHeader: "Host passed on",
  acceptSelfSigned: "Self-signed accepted",
  healthPath: "Health check",
  healthInterval: "Seconds between checks",
} as const satisfies Record<keyof EndpointForm, string>;

/** Told instead of overwriting: what somebody saved meanwhile beside what was to be saved. */
export function BothVersions({
  by,
  theirs,
  yours,
  rules,
}: {
  by: string;
  theirs: EndpointForm;
  yours: EndpointForm;
  rules: Pick<Rules, "zone">;
}) {
  const names = Object.keys(NAMES) as (keyof EndpointForm)[];
  const differing = names.filter((name) => theirs[name] !== yours[name]);
  const text = (form: EndpointForm, name: keyof EndpointForm) => {
    const value = form[name];
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (name === "label" && value !== "") return `${value}.${rules.zone}`;
    return value === "" ? "—" : value;
  };
  return (
    <LostUpdate
      by={by}
      differing={differing.map((name) => [NAMES[name], text(theirs, name), text(yours, name)])}
    />
  );
}
