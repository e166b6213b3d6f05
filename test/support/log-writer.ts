/** Writes what must not be shown to the log of the console. */
import { createLog } from "../../src/observability/log.ts";

const log = createLog({ level: "info", pretty: null });
log.info({ token: "hidden-1", request: { secret: "hidden-2", authorization: "hidden-3" } }, "said");
log.debug("not said");
