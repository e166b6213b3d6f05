import { Badge, type Tone } from "../parts/badge.tsx";

/** How something stands in the routing table, by any of its names. */
const WORDS: Readonly<Record<string, readonly [Tone, string]>> = {
  routed: ["good", "Routed"],
  paused: ["off", "Paused"],
  suspended: ["bad", "Suspended"],
  "given-back": ["off", "Given back"],
  "set-aside": ["bad", "Set aside"],
  conflict: ["bad", "In conflict"],
  shadowed: ["off", "Shadowed"],
  "not-deployed": ["off", "Not deployed"],
  held: ["wait", "Held"],
};

/** A standing as a badge, with the reason where there is one. */
export function Standing({ state, reason }: { state: string; reason?: string | null | undefined }) {
  const [tone, word] = WORDS[state] ?? ["off", state];
  return (
    <span class="standing">
      <Badge tone={tone}>{word}</Badge>
      {reason === undefined || reason === null ? null : <span class="why">{reason}</span>}
    </span>
  );
}
