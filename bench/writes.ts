import { openLevelStore } from "../src/store/leveldb.ts";
import { removeFolder, seededFolder, startProcess, type ConsoleProcess } from "./process.ts";
import { seedRecords } from "./seed.ts";
import type { Bench } from "./table.ts";

/** Durable writes a second: through the API, beside the store alone. */
export const writes: Bench = {
  name: "writes",
  run: async ({ quick }) => {
    const duration = quick ? 1_500 : 5_000;
    const alone = { one: await storeAlone(1, duration), many: await storeAlone(32, duration) };
    const folder = await seededFolder(100);
    const console = await startProcess(folder);
    try {
      const one = await throughApi(console, 1, duration);
      const many = await throughApi(console, 32, duration);
      return [
        row("1 client", one, alone.one, "groups of 1"),
        row("32 clients", many, alone.many, "groups of 32"),
      ];
    } finally {
      await console.stop();
      await removeFolder(folder);
    }
  },
};

function row(who: string, api: number, store: number, groups: string) {
  return {
    what: `durable writes through the API, ${who}`,
    measured: `${Math.round(api)}/s`,
    compared: `the store alone, ${groups}: ${Math.round(store)}/s`,
    goal: "measured",
    met: null,
  };
}

async function storeAlone(group: number, duration: number): Promise<number> {
  const folder = await seededFolder(0);
  const store = await openLevelStore(folder);
  try {
    let { position } = await store.load();
    const records = [...seedRecords(1_000, "localhost")].filter(([key]) =>
      key.startsWith("endpoint/"),
    );
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < duration) {
      const commits = Array.from({ length: group }, () => {
        const [key, value] = records[count++ % records.length] ?? ["", null];
        return {
          writes: [{ key, value }],
          event: { v: 1, type: "endpoint.created", changes: [{ key, before: null, after: value }] },
        };
      });
      position = await store.commit(position, commits);
    }
    return (count / (performance.now() - start)) * 1_000;
  } finally {
    await store.close();
    await removeFolder(folder);
  }
}

async function throughApi(
  console: ConsoleProcess,
  clients: number,
  duration: number,
): Promise<number> {
  const start = performance.now();
  let count = 0;
  const client = async (number: number) => {
    for (let change = 0; performance.now() - start < duration; change++) {
      const response = await fetch(
        `http://127.0.0.1:${console.httpPort}/api/v1/endpoints/ep-${String(number).padStart(8, "0")}`,
        {
          method: "PATCH",
          headers: { Authorization: `Bearer ${console.token}`, "Content-Type": "application/json" },
          body: JSON.stringify({ paused: change % 2 === 0 }),
        },
      );
      if (response.status !== 200) throw new Error(await response.text());
      await response.arrayBuffer();
      count++;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return (count / (performance.now() - start)) * 1_000;
}
