/** Why a body was not read: it is larger than allowed, or did not come whole in time. */
export type BodyFault = "too_large" | "cut_off";

/**
 * Reads a body that nobody may trust yet. Never throws.
 * @param max bytes
 * @param patienceMs how long it may take to come, in milliseconds
 */
export async function readBody(
  request: Request,
  max: number,
  patienceMs: number,
): Promise<Uint8Array | BodyFault> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > max) return "too_large";
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"cut_off">((resolve) => {
    timer = setTimeout(() => resolve("cut_off"), patienceMs);
  });
  try {
    // Node lets no more come than was announced, and gives that without a stream.
    if (announced === null) return await readStream(request, max, late);
    const body = await Promise.race([request.arrayBuffer(), late]);
    return body === "cut_off" ? body : new Uint8Array(body);
  } catch {
    return "cut_off";
  } finally {
    clearTimeout(timer);
  }
}

async function readStream(
  request: Request,
  max: number,
  late: Promise<"cut_off">,
): Promise<Uint8Array | BodyFault> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const next = await Promise.race([reader.read(), late]);
    if (next === "cut_off") return next;
    if (next.done) break;
    size += next.value.length;
    if (size > max) return "too_large";
    chunks.push(next.value);
  }
  return Buffer.concat(chunks, size);
}
