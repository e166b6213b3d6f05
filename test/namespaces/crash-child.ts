import { serveCrashes } from "../support/crash-child.ts";
import type { Act } from "../support/crash-process.ts";
import { ACTS } from "./acts.ts";
import { Host, type Place } from "./support.ts";

/** Something that a console of its own is to do. */
export type Task = Act<Place, keyof typeof ACTS>;

serveCrashes<Task>(async ({ place, act, id }, onStep) => {
  const host = await Host.open(place, { onStep });
  await ACTS[act](host, id);
  await host.stop();
});
