import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be cut, held up and made slow, on loopback. */
export interface Proxy {
  readonly port: number;
  /** Cuts every connection; new ones are refused until `restore`. */
  cut(): void;
  /** Nothing goes through either way, and nobody is told. */
  stall(): void;
  /** What is asked goes through, the answers do not. */
  swallowAnswers(): void;
  /** Cuts every connection once so many bytes of answers have come through it from now on. */
  cutAnswersAfter(bytes: number): void;
  /**
   * Cuts the clients off, and holds what they sent while it stalled: new connections go through.
   * @returns lets what is held go to the server after all
   */
  abandon(): () => void;
  /** Each piece takes so long, in milliseconds. */
  slow(ms: number): void;
  restore(): void;
  close(): Promise<void>;
}

type Mode = "open" | "cut" | "stalled" | "unanswered";

/**
 * Starts a proxy in front of a port of this machine.
 * @param target or which port it is, asked for each connection: so does what balances
 */
export async function startProxy(target: number | (() => number)): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let answersLeft = Number.POSITIVE_INFINITY;
  /** What was held up, in order. */
  let held: (() => void)[] = [];
  let mode: Mode = "open";
  let delay = 0;

  function pass(from: Socket, to: Socket, isAnswer: boolean): void {
    let queue = Promise.resolve();
    async function forward(before: Promise<void>, chunk: Buffer): Promise<void> {
      await before;
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      if (mode === "stalled" || (mode === "unanswered" && isAnswer)) {
        await new Promise<void>((resolve) => held.push(resolve));
      }
      if (to.destroyed) return;
      if (!isAnswer) return void to.write(chunk);
      const part = chunk.subarray(0, Math.min(chunk.length, answersLeft));
      answersLeft -= part.length;
      if (part.length === chunk.length) to.write(part);
      else to.end(part, () => from.destroy());
    }
    from.on("data", (chunk: Buffer) => {
      queue = forward(queue, chunk);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      clients.delete(from);
      // What was held is still sent before the end.
      void queue.finally(() => to.end());
    });
    sockets.add(from);
  }

  const server = createServer((client) => {
    if (mode === "cut") {
      client.destroy();
      return;
    }
    const upstream = connect(typeof target === "number" ? target : target(), "127.0.0.1");
    clients.add(client);
    pass(client, upstream, false);
    pass(upstream, client, true);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  function restore(): void {
    mode = "open";
    delay = 0;
    answersLeft = Number.POSITIVE_INFINITY;
    const waiting = held;
    held = [];
    for (const go of waiting) go();
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      mode = "cut";
      for (const socket of sockets) socket.destroy();
    },
    stall: () => void (mode = "stalled"),
    swallowAnswers: () => void (mode = "unanswered"),
    cutAnswersAfter: (bytes) => void (answersLeft = bytes),
    abandon() {
      const waiting = held;
      held = [];
      mode = "open";
      for (const client of clients) client.destroy();
      return () => {
        for (const go of waiting) go();
      };
    },
    slow: (ms) => void (delay = ms),
    restore,
    async close() {
      restore();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
