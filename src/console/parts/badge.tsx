import type { Child } from "hono/jsx";

/** `good`: as it should be; `wait`: on its way; `off`: on purpose; `bad`: something is to be done. */
export type Tone = "good" | "wait" | "off" | "bad";

/** A state in a word or two. Its mark differs by form, so that colour is not all there is. */
export function Badge({ tone, children }: { tone: Tone; children?: Child }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
