import type { Previewed } from "../../api/carry-out.ts";
import type { Actor } from "../../domain/policy.ts";
import type { TableSettings } from "../../traefik/table.ts";
import type { Remedy } from "../forms.ts";
import { RemedyLink } from "../parts/remedy-link.tsx";
import { RouteChanges } from "./route-changes.tsx";

export type Preview =
  | { readonly previewed: Previewed<unknown>; readonly table: TableSettings; readonly actor: Actor }
  /** Why it would not be done. */
  | { readonly refused: string; readonly remedy?: Remedy | undefined };

/** The attributes that have the box below follow what is typed. */
export function previewWhileTyping(path: string) {
  return {
    "hx-post": path,
    "hx-trigger": "input delay:300ms",
    "hx-include": "closest form",
    "hx-target": "#preview",
    "hx-select": "#preview",
    "hx-swap": "outerHTML",
    "hx-sync": "this:replace",
  } as const;
}

/** What would come of a form, before it is sent; empty until it is asked for. */
export function PreviewBox({ preview }: { preview: Preview | undefined }) {
  return (
    <div id="preview" aria-live="polite">
      {preview === undefined ? null : "refused" in preview ? (
        <p class="hint">
          {preview.refused} <RemedyLink remedy={preview.remedy} />
        </p>
      ) : (
        <>
          <h2>What this changes</h2>
          <RouteChanges {...preview} />
        </>
      )}
    </div>
  );
}
