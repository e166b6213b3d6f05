import { isDeepStrictEqual } from "node:util";
import { entitySchemas, type Endpoint, type Owner, type Page } from "../domain/entities.ts";
import { isAsRead } from "../domain/records.ts";

/** Records never change, so each is looked at once. */
const known = new WeakMap<object, string | null>();

/**
 * Why a record must not be routed as it stands, or undefined. Records are parsed where they are
 * read and made; this is the last look before their values become rules, so that one that slipped
 * past is set aside by itself.
 */
export function whyUnreadable(record: Endpoint | Page | Owner): string | undefined {
  if (isAsRead(record)) return undefined;
  let reason = known.get(record);
  if (reason === undefined) {
    reason = check(record);
    known.set(record, reason);
  }
  return reason ?? undefined;
}

function check(record: Endpoint | Page | Owner): string | null {
  const read = entitySchemas[record.kind].safeParse(record);
  if (!read.success) {
    const issue = read.error.issues[0];
    return `Its record is not valid (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}).`;
  }
  // What is published is the record's own text, so it must be in the one canonical form already.
  return isDeepStrictEqual(read.data, record) ? null : "Its record is not in canonical form.";
}
