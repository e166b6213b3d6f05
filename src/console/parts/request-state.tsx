import type { RequestRecord } from "../../domain/requests.ts";
import { Badge, type Tone } from "./badge.tsx";

/** The states of a request as people are shown them. */
export const REQUEST_WORDS: Record<RequestRecord["state"], readonly [Tone, string]> = {
  open: ["wait", "Open"],
  granted: ["good", "Granted"],
  declined: ["bad", "Declined"],
  withdrawn: ["off", "Withdrawn"],
};

/** The state of a request. */
export function RequestState({ state }: Pick<RequestRecord, "state">) {
  const [tone, word] = REQUEST_WORDS[state];
  return <Badge tone={tone}>{word}</Badge>;
}
