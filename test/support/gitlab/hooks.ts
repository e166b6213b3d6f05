import { createHash, createHmac } from "node:crypto";
import type { WebHook } from "./model.ts";

/** One delivery that GitLab would make: a POST of `body` to `url`. */
export interface SentHook {
  readonly hook: WebHook;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The raw bytes that the signature is over. */
  readonly body: string;
  /** The same, parsed. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** The kinds of `X-Gitlab-Event` that are sent here. */
export type HookKind =
  | "System Hook"
  | "Push Hook"
  | "Pipeline Hook"
  | "Job Hook"
  | "Deployment Hook";

/** What a sender needs of its GitLab. */
export interface HookSource {
  readonly now: () => Date;
  readonly url: string;
  readonly version: string;
}

/**
 * Makes deliveries with the headers that GitLab's documentation lists (Webhooks, "Delivery
 * headers", and the signing token of 19.0), with made-up ids that are the same on each run. It
 * delivers nothing: the listeners decide what arrives, how often and in which order.
 */
export class HookSender {
  private readonly listeners = new Set<(sent: SentHook) => void>();
  private count = 0;
  private readonly source: HookSource;

  constructor(source: HookSource) {
    this.source = source;
  }

  /** @returns a function that ends it */
  onHook(listener: (sent: SentHook) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the listeners of one event, once for each hook that gets it. */
  send(hooks: Iterable<WebHook>, kind: HookKind, event: Record<string, unknown>): void {
    const eventId = this.uuid();
    for (const hook of hooks) {
      const sent = this.delivery(hook, kind, event, eventId);
      for (const listener of this.listeners) listener(sent);
    }
  }

  private delivery(
    hook: WebHook,
    kind: HookKind,
    event: Record<string, unknown>,
    eventId: string,
  ): SentHook {
    const body = JSON.stringify(event);
    const id = this.uuid();
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      "User-Agent": `GitLab/${this.source.version}`,
      "Idempotency-Key": id,
      "X-Gitlab-Event": kind,
      "X-Gitlab-Webhook-UUID": this.uuid(),
      "X-Gitlab-Instance": this.source.url,
      "X-Gitlab-Event-UUID": eventId,
    };
    if (hook.token !== null) headers["X-Gitlab-Token"] = hook.token;
    if (hook.signingToken !== null) {
      const timestamp = String(Math.floor(this.source.now().getTime() / 1000));
      headers["webhook-id"] = id;
      headers["webhook-timestamp"] = timestamp;
      headers["webhook-signature"] = signatureOf(hook.signingToken, id, timestamp, body);
    }
    return { hook, url: hook.url, headers, body, event: JSON.parse(body) };
  }

  private uuid(): string {
    const hex = createHash("sha256")
      .update(`delivery ${++this.count}`)
      .digest("hex");
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
    return [...parts, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
  }
}

/** GitLab's signature by the Standard Webhooks specification. @param token `whsec_<base64>` */
export function signatureOf(token: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(token.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
