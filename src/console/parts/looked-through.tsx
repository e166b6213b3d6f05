import { Empty } from "./empty.tsx";

/** Stands in place of events, where many were looked through, none is to be shown, and there are older ones. */
export function LookedThrough() {
  return <Empty title="Nothing yet">Many events were looked through; go on with older ones.</Empty>;
}
