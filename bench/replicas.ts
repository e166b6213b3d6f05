import { startReplicas, type Replicas } from "../test/support/replicas.ts";
import { median, type Bench, type Row } from "./table.ts";

/** Three consoles on one Redis: how soon the last knows of a change, and how many they store. */
export const replicas: Bench = {
  name: "replicas",
  run: async ({ quick }) => {
    const started = await startReplicas({
      config: { quotas: { person: { endpoints: 100_000, changesPerHour: 1_000_000 } } },
    });
    try {
      await started.slots[0]?.api("POST", "/persons", { username: "alice" });
      const lags = await measureLags(started, quick ? 10 : 100);
      const duration = quick ? 1_000 : 5_000;
      const one = await measureWrites(started, 1, duration);
      const three = await measureWrites(started, 3, duration);
      return [
        {
          what: "document ready on the last of three replicas after the commit",
          measured: `median ${median(lags).toFixed(1)} ms (up to ${Math.max(...lags).toFixed(1)})`,
          compared: "the one that was asked is among them",
          goal: "≤ 100 ms",
          met: median(lags) <= 100,
        },
        writes("1 replica", one),
        writes("3 replicas", three),
      ];
    } finally {
      await started.close();
    }
  },
};

function writes(who: string, rate: number): Row {
  return {
    what: `durable writes through the API on Redis (appendfsync always), 12 clients, ${who}`,
    measured: `${Math.round(rate)}/s`,
    compared: "",
    goal: "measured",
    met: null,
  };
}

/** A poll with `wait` is held by each replica, and answered when its document is there. */
async function measureLags({ slots }: Replicas, count: number): Promise<number[]> {
  const lags: number[] = [];
  for (let change = 0; change < count; change++) {
    const before = await Promise.all(slots.map((slot) => slot.poll()));
    const asked = slots[change % slots.length];
    const path = `/lag-${change}`;
    const known = before[0]?.etag ?? "";
    const news = Promise.all(
      slots.map(async ({ internalPort }) => {
        const url = `http://127.0.0.1:${internalPort}/traefik/config?wait=5s`;
        const response = await fetch(url, { headers: { "If-None-Match": known } });
        await response.arrayBuffer();
        return performance.now();
      }),
    );
    await asked?.api("POST", "/endpoints", { owner: "alice", path, target: "http://127.0.0.1:9" });
    const acknowledged = performance.now();
    lags.push(Math.max(...(await news)) - acknowledged);
  }
  return lags;
}

async function measureWrites({ slots }: Replicas, used: number, duration: number) {
  const start = performance.now();
  let count = 0;
  const client = async (number: number) => {
    const slot = slots[number % used];
    for (let turn = 0; performance.now() - start < duration; turn++) {
      const path = `/w${used}-${number}-${turn}`;
      const body = { owner: "alice", path, target: "http://127.0.0.1:9" };
      const answer = await slot?.api("POST", "/endpoints", body);
      if (answer?.status === 201) count++;
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_, number) => client(number)));
  return (count / (performance.now() - start)) * 1_000;
}
