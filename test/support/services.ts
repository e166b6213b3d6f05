import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../scripts/services/catalogue.ts";
import { findService } from "../../scripts/services/find.ts";
import { howToGet } from "../../scripts/services/require.ts";
import { missingServicesVariable } from "./summary.ts";

/** Whether a missing service fails the tests that need it (`REQUIRE_SERVICES=1`). */
export const servicesRequired = process.env["REQUIRE_SERVICES"] === "1";

/**
 * A `describe` whose tests need real systems. Where one is missing they are skipped and the end of
 * the run says so; with `REQUIRE_SERVICES=1` a test in their place fails.
 * @param body gets the executable of the first
 */
export function describeWithService(
  needed: ServiceName | readonly [ServiceName, ...ServiceName[]],
  title: string,
  body: (executable: string) => void,
): void {
  const names: readonly [ServiceName, ...ServiceName[]] =
    typeof needed === "string" ? [needed] : needed;
  const missing = names.filter((name) => findService(name) === undefined);
  if (missing.length === 0) {
    describe(title, () => body(findService(names[0]) ?? ""));
  } else if (servicesRequired) {
    describe(title, () => {
      it.each(missing)("needs %s", (name) => expect.fail(howToGet(name)));
    });
  } else {
    for (const name of missing) noteMissing(name);
    // oxlint-disable-next-line vitest/no-disabled-tests -- without REQUIRE_SERVICES they are skipped, and the summary says so
    describe.skip(title, () => body(""));
  }
}

/** Test files run in processes of their own, so the note goes through a file. */
function noteMissing(name: ServiceName): void {
  const notes = process.env[missingServicesVariable];
  const file = expect.getState().testPath;
  if (notes && file) appendFileSync(notes, `${name} ${relative(process.cwd(), file)}\n`);
}
