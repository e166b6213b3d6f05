export { type Clock, systemClock } from "../reconcile/clock.ts";
