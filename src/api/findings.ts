import type { Found, Look } from "../checks/check.ts";

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
