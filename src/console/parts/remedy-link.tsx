import type { Remedy } from "../forms.ts";

/** Leads on in a tab of its own, so that what was typed stays where it is. */
export function RemedyLink({ remedy }: { remedy: Remedy | undefined }) {
  if (remedy === undefined) return null;
  return (
    <a href={remedy.href} target="_blank" rel="noopener">
      {remedy.label} (opens a new tab)
    </a>
  );
}
