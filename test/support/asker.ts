import type { RoutedRequest } from "../../src/traefik/answer.ts";
import type { Echo } from "./backends.ts";
import { type PagesEcho, pagesCertificateName } from "./pages-server.ts";
import { type Answer, type Connection, openConnection } from "./request.ts";
import type { Traefik } from "./traefik.ts";

/**
 * Who took a request: a backend by its name, `pages/<port>`, `passthrough` when Pages ended the TLS,
 * `redirect`, or a status.
 */
export function whoAnswered(answer: Answer): string {
  if (answer.peerCertificate?.subject === pagesCertificateName) return "passthrough";
  if (answer.status === 301 || answer.status === 308) return "redirect";
  if (answer.status !== 200) return String(answer.status);
  const echo = answer.json<Echo & Partial<PagesEcho>>();
  if (echo.name === "pages") return `pages/${echo.port}`;
  return echo.name;
}

/**
 * Sends requests to a Traefik, those for one server name on one connection.
 * @returns who answered each, in the order of the requests
 */
export async function askAll(
  traefik: Traefik,
  requests: readonly RoutedRequest[],
): Promise<string[]> {
  const answers: string[] = [];
  const lines = new Map<string, number[]>();
  requests.forEach(({ entryPoint, sni }, index) => {
    const key = `${entryPoint} ${sni}`;
    lines.set(key, [...(lines.get(key) ?? []), index]);
  });
  await Promise.all(
    [...lines.values()].map(async (indexes) => {
      let connection: Connection | undefined;
      for (const index of indexes) {
        const request = requests[index]!;
        connection ??= await connect(traefik, request);
        const answer = await connection.send({ host: request.host, path: request.path });
        answers[index] = whoAnswered(answer);
        // A server that could not read a request reads no other on its connection.
        if (answer.status === 400 || answer.headers["connection"] === "close") {
          connection.close();
          connection = undefined;
        }
      }
      connection?.close();
    }),
  );
  return answers;
}

function connect(traefik: Traefik, { entryPoint, sni }: RoutedRequest): Promise<Connection> {
  return entryPoint === "http"
    ? openConnection({ port: traefik.httpPort })
    : openConnection({ port: traefik.httpsPort, tls: { sni } });
}
