import { serveCrashes } from "../support/crash-child.ts";
import { ACTS } from "./acts.ts";
import { Host, type Place } from "./support.ts";

/** Something that a console of its own is to do. */
export interface Task {
  readonly place: Place;
  readonly act: keyof typeof ACTS;
  readonly id: string;
}

serveCrashes<Task>(async ({ place, act, id }, onStep) => {
  const host = await Host.open(place, { onStep });
  await ACTS[act](host, id);
  await host.stop();
});
