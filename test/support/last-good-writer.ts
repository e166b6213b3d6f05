/** Saves copies without end into the folder given, to be killed; says which are on disk. */
import { LastGoodCopy } from "../../src/publisher/last-good.ts";

const [folder, after] = process.argv.slice(2);
if (folder === undefined) throw new Error("last-good-writer needs a folder");
const copy = new LastGoodCopy(folder, (error) => {
  throw error;
});
for (let revision = Number(after) + 1; ; revision++) {
  const gzip = Buffer.alloc(200_000, (revision % 26) + 97);
  copy.save({ revision, origin: "", document: { gzip, etag: '"e"', frames: [] } });
  await copy.flush();
  process.send?.(revision);
}
