import { isIP } from "node:net";
import { generate } from "selfsigned";

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const made = new Map<string, Promise<Certificate>>();

/**
 * A self-signed certificate for DNS names (a wildcard such as `*.tardis.ac` too) or addresses; the
 * first is its common name. Made once a process for the same names.
 */
export function certificateFor(names: readonly string[]): Promise<Certificate> {
  const id = names.join(" ");
  const known = made.get(id);
  if (known) return known;
  const fresh = make(names);
  made.set(id, fresh);
  return fresh;
}

async function make(names: readonly string[]): Promise<Certificate> {
  const altNames = names.map((name) =>
    isIP(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const),
  );
  const pems = await generate([{ name: "commonName", value: names[0] ?? "test" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return { cert: pems.cert, key: pems.private };
}
