import { type Agent, request } from "node:https";
import { createInterface } from "node:readline";

/**
 * Waits until a namespace has ended: the client's own watch cannot be given up while the API server
 * does not answer. Returns, too, when the time is over, or when it cannot be watched: the next look
 * tells.
 * @param ms the longest that it waits
 */
export async function watchEnd(
  { url, token, agent }: { url: string; token: string; agent: Agent },
  { name, uid, ms }: { name: string; uid: string; ms: number },
  signal: AbortSignal,
): Promise<void> {
  const query = new URLSearchParams({
    watch: "true",
    fieldSelector: `metadata.name=${name}`,
    timeoutSeconds: String(Math.max(1, Math.ceil(ms / 1000))),
  });
  const ended = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  await new Promise<void>((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = request(`${url}/api/v1/namespaces?${query.toString()}`, {
      agent,
      headers,
      signal: ended,
    });
    const done = () => {
      sent.destroy();
      resolve();
    };
    sent.on("error", done);
    sent.on("response", (response) => {
      response.on("error", done);
      response.on("close", done);
      if (response.statusCode !== 200) return done();
      const lines = createInterface(response);
      lines.on("error", done);
      // Without a version to begin at, it tells first of what is there: nothing means that it is gone.
      lines.on("line", (line) => {
        if (isEnd(line, uid)) done();
      });
    });
    sent.end();
  });
  signal.throwIfAborted();
}

function isEnd(line: string, uid: string): boolean {
  try {
    const { type, object } = JSON.parse(line) as {
      type: string;
      object: { metadata?: { uid?: string } };
    };
    return type === "DELETED" && object.metadata?.uid === uid;
  } catch {
    return false;
  }
}
