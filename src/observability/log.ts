import { pino, type Logger } from "pino";

export type { Logger };

/**
 * The console's log: one JSON object a line, or for people on a terminal.
 * @param pretty null decides by whether standard error is a terminal
 */
export function createLog(options: { level: string; pretty: boolean | null }): Logger {
  const pretty = (options.pretty ?? process.stderr.isTTY) && hasPretty();
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["secret", "token", "*.secret", "*.token", "authorization", "*.authorization"],
      ...(pretty
        ? { transport: { target: "pino-pretty", options: { destination: 2, singleLine: true } } }
        : {}),
    },
    ...(pretty ? [] : [pino.destination({ dest: 2, sync: true })]),
  );
}

/** pino-pretty comes with development only; without it, JSON does. */
function hasPretty(): boolean {
  try {
    import.meta.resolve("pino-pretty");
    return true;
  } catch {
    return false;
  }
}

/** A log that writes nothing, for tests and for commands. */
export const silentLog: Logger = pino({ level: "silent" });
