import { expect } from "vitest";
import type { Published } from "./published.ts";

let count = 0;

/**
 * Serves a rendered document, byte for byte but for one unused middleware, and waits until Traefik
 * has it in force.
 */
export async function publishBytes(published: Published, body: Buffer): Promise<void> {
  const { provider, traefik } = published;
  const marker = `live-${process.pid}-${++count}`;
  const place = '"middlewares":{';
  const text = body.toString("latin1");
  if (!text.includes(place)) throw new Error("the document has no middlewares to put a mark among");
  const mark = `"${marker}":{"addPrefix":{"prefix":"/"}},`;
  provider.set(
    Buffer.from(
      text.replace(place, () => place + mark),
      "latin1",
    ),
  );
  await traefik.waitUntil(() => traefik.middleware(marker), `Traefik to take ${marker}`);
}

/** Fails when Traefik complains of anything in what it has in force. */
export async function expectNoComplaint({ traefik }: Pick<Published, "traefik">): Promise<void> {
  const { http, tcp } = await traefik.overview();
  const counts = [http, tcp].flatMap((part) => [part.routers, part.services, part.middlewares]);
  if (counts.every(({ errors, warnings }) => errors === 0 && warnings === 0)) return;
  const items = [
    ...(await traefik.routers()),
    ...(await traefik.tcpRouters()),
    ...(await traefik.services()),
  ];
  expect(items.filter(({ status }) => status !== "enabled")).toEqual([]);
  expect(counts, "counts of Traefik's overview").toEqual([]);
}
