/**
 * Runs things at times of a clock. Does not keep the process alive.
 * @param now milliseconds
 */
export function scheduleBy(now: () => number): (at: number, run: () => void) => () => void {
  return (at, run) => {
    const timer = setTimeout(run, Math.max(1, Math.ceil(at - now())));
    timer.unref();
    return () => clearTimeout(timer);
  };
}
