import { z } from "@hono/zod-openapi";
import type { Found, Look } from "../checks/check.ts";

/** How a module's system stands, as the contract describes it. @param name in the OpenAPI document */
export function statusSchemaOf(name: string) {
  return z
    .object({
      enabled: z.boolean(),
      ok: z.boolean(),
      findings: z.array(z.object({ ok: z.boolean(), message: z.string() })),
    })
    .openapi(name);
}

/** One sentence on how a module's system stands. */
export interface Finding {
  readonly ok: boolean;
  readonly message: string;
}

/** Collects what the doctor's functions tell; what is no more than a warning is all right. */
export function listener(): { readonly look: Pick<Look, "tell">; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  const tell = (_what: string, { state, says }: Found) =>
    void findings.push({ ok: state !== "wrong", message: says });
  return { look: { tell }, findings };
}
