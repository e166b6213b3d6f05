import type { Context } from "hono";
import { Refusal } from "../../errors.ts";
import type { SignInServices } from "./services.ts";

/** Counts codes that are wrong, and looks at none any more when there were many. */
export async function guarded<T>(
  { tries, clientAddress }: SignInServices,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  const address = clientAddress(context);
  await tries.requireFew("wrong", address);
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") await tries.count("wrong", address);
    throw error;
  }
}
