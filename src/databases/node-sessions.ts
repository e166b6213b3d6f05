import type { AccountName } from "../domain/entities.ts";
import { Connections, type ConnectionOptions } from "./connections.ts";
import { ERRORS, ServerError } from "./error.ts";
import type { Session, Sessions } from "./server.ts";
import { kill } from "./sql.ts";

interface NodesOptions extends ConnectionOptions {
  readonly nodes: readonly string[];
}

/** How long one node may take, of a call's time, so that one that is frozen holds up nobody. */
const NODE_MS = 2_500;
/** How long one that did not answer is not asked again. */
const LEFT_ALONE_MS = 10_000;

/** Each node has sessions of its own, and ends its own alone. */
export class NodeSessions {
  readonly #nodes: readonly { readonly address: string; readonly connections: Connections }[];
  readonly #isMain: boolean;
  readonly #failedAt = new Map<string, number>();

  /** @param main where a server that stands alone is asked */
  constructor(options: NodesOptions, main: Connections) {
    this.#isMain = options.nodes.length === 0;
    this.#nodes = this.#isMain
      ? [{ address: options.address, connections: main }]
      : options.nodes.map((address) => ({
          address,
          connections: new Connections({ ...options, address }),
        }));
  }

  async close(): Promise<void> {
    if (this.#isMain) return;
    await Promise.all(this.#nodes.map(({ connections }) => connections.close()));
  }

  /** Asks each node by itself, within the time that one may take; a server that stands alone is none. */
  each<T>(
    signal: AbortSignal,
    ask: (address: string, connections: Connections, deadline: AbortSignal) => Promise<T>,
  ): Promise<readonly T[]> {
    const nodes = this.#isMain ? [] : this.#nodes;
    return Promise.all(
      nodes.map(({ address, connections }) => ask(address, connections, this.#deadline(signal))),
    );
  }

  /** @throws ServerError when a server that stands alone does not answer */
  async list(
    of: { readonly account: AccountName } | { readonly prefix: string },
    signal: AbortSignal,
  ): Promise<Sessions> {
    const open: Session[] = [];
    const unseen: string[] = [];
    const [where, value] =
      "account" in of
        ? ["USER = ?", of.account]
        : [`LEFT(USER, ${of.prefix.length + 1}) = ?`, `${of.prefix}.`];
    await Promise.all(
      this.#nodes.map(async ({ address, connections }) => {
        if (performance.now() - (this.#failedAt.get(address) ?? -Infinity) < LEFT_ALONE_MS) {
          unseen.push(address);
          return;
        }
        try {
          const rows = await connections.use(this.#deadline(signal), (on) =>
            on.rows(
              // One that was told to end is at its end.
              `SELECT ID AS id, USER AS account FROM information_schema.PROCESSLIST WHERE ${where} AND COMMAND <> 'Killed'`,
              [value],
            ),
          );
          this.#failedAt.delete(address);
          for (const { id, account } of rows)
            open.push({ node: address, id: Number(id), account: String(account) });
        } catch (error) {
          if (this.#isMain || signal.aborted) throw error;
          this.#failedAt.set(address, performance.now());
          unseen.push(address);
        }
      }),
    );
    return { open, unseen: unseen.toSorted() };
  }

  async end(sessions: readonly Session[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#nodes.map(async ({ address, connections }) => {
        const here = sessions.filter(({ node }) => node === address);
        if (here.length === 0) return;
        await connections.use(this.#deadline(signal), async (on) => {
          for (const { id, account } of here) {
            // Its number may be another's by now.
            const [still] = await on.rows(
              "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ? AND USER = ?",
              [id, account],
            );
            if (still !== undefined) await on.run(kill(id)).catch(unlessGone);
          }
        });
      }),
    );
  }

  #deadline(signal: AbortSignal): AbortSignal {
    return this.#isMain ? signal : AbortSignal.any([signal, AbortSignal.timeout(NODE_MS)]);
  }
}

function unlessGone(error: unknown): void {
  const number = error instanceof ServerError ? error.number : (error as { errno?: unknown }).errno;
  if (number !== ERRORS.noSuchThread) throw error;
}
