/** Saves copies without end into the folder given, to be killed; says which are on disk. */
import { LastGoodCopy } from "../../src/publisher/last-good.ts";

const [folder, after] = process.argv.slice(2);
if (folder === undefined) throw new Error("last-good-writer needs a folder");
const copy = new LastGoodCopy(folder, (error) => {
  throw error;
});
for (let revision = Number(after) + 1; ; revision++) {
  copy.save({ revision, origin: "", body: Buffer.alloc(200_000, (revision % 26) + 97) });
  await copy.flush();
  process.send?.(revision);
}
