import type { Rules } from "../../domain/rules.ts";
import { Table } from "../parts/table.tsx";
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
    <section class="lost" role="alert" tabindex={-1} autofocus>
      <h2>This was changed meanwhile, by {by}</h2>
      {differing.length === 0 ? (
        <p>What they saved is what you were about to save.</p>
      ) : (
        <>
          <p>Nothing of yours was saved yet. This is where the two differ:</p>
          <Table
            caption="Both versions"
            columns={["Setting", "Saved now", "Yours"]}
            rows={differing.map((name) => [NAMES[name], text(theirs, name), text(yours, name)])}
          />
        </>
      )}
    </section>
  );
}
