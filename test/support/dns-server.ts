import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import ipaddr from "ipaddr.js";

/** What a name has; `silence`: no answer at all. Names that are not given do not exist. */
export interface DnsName {
  readonly A?: readonly string[] | DnsFailure;
  readonly AAAA?: readonly string[] | DnsFailure;
  /** What it is an alias of, or a failure. */
  readonly CNAME?: string;
  /** It is a zone's own name. */
  readonly SOA?: true;
  /** Who may certify it (RFC 8659): `issuewild letsencrypt.org`. */
  readonly CAA?: readonly string[] | DnsFailure;
}
export type DnsFailure = "SERVFAIL" | "REFUSED" | "silence";

/** A DNS server that answers over UDP as a recursive one does. */
export interface DnsServer {
  /** `address:port`. */
  readonly address: string;
  /** `name type` of every question that came, in order. */
  readonly questions: readonly string[];
  /** How many questions wait for an answer because of `hold`. */
  readonly held: number;
  /** @param name `*.` before it stands for one label that is not given itself */
  set(name: string, answer: DnsName | DnsFailure | undefined): void;
  /** Keeps questions back until `release`. */
  hold(): void;
  /** Answers what was kept back; what comes from now on is still held. */
  release(): void;
  close(): Promise<void>;
}

type Type = "A" | "AAAA" | "CNAME" | "SOA" | "CAA";
/** RFC 1035, 3.2.2; AAAA: RFC 3596; CAA: RFC 8659. */
const TYPES: Record<Type, number> = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, CAA: 257 };
/** RFC 1035, 4.1.1. */
const CODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const HEADER_BYTES = 12;
const TTL_SECONDS = 3600;

/** Starts one on a free port of 127.0.0.1. */
export async function startDnsServer(): Promise<DnsServer> {
  const names = new Map<string, DnsName | DnsFailure>();
  const questions: string[] = [];
  const held: (() => void)[] = [];
  let holds = false;
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    if (holds) held.push(() => answer(query, from));
    else answer(query, from);
    const { name, type } = questionOf(query);
    questions.push(`${name} ${type}`);
  });

  function answer(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = questionOf(query);
    const found = resolve(names, name, type);
    if (found === "silence") return;
    const code = typeof found === "string" ? CODES[found] : CODES.NOERROR;
    const records = typeof found === "string" ? [] : found;
    const head = Buffer.from(query.subarray(0, HEADER_BYTES));
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(
      Buffer.concat([head, query.subarray(HEADER_BYTES, end), ...records]),
      from.port,
      from.address,
    );
  }

  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    get held() {
      return held.length;
    },
    set: (name, value) => void (value === undefined ? names.delete(name) : names.set(name, value)),
    hold: () => void (holds = true),
    release: () => {
      for (const send of held.splice(0)) send();
    },
    close: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

/** The records of an answer: aliases, then what stands at their end. */
function resolve(
  names: ReadonlyMap<string, DnsName | DnsFailure>,
  asked: string,
  type: Type,
): Buffer[] | DnsFailure | "NXDOMAIN" {
  const records: Buffer[] = [];
  for (let name = asked; records.length < 20;) {
    const entry = names.get(name) ?? names.get(name.replace(/^[^.]+/, "*"));
    if (entry === undefined) return "NXDOMAIN";
    if (typeof entry === "string") return entry;
    const { CNAME } = entry;
    if (CNAME === "SERVFAIL" || CNAME === "REFUSED" || CNAME === "silence") return CNAME;
    if (CNAME !== undefined) {
      records.push(record(name, "CNAME", encodeName(CNAME)));
      if (type === "CNAME") return records;
      name = CNAME;
      continue;
    }
    if (type === "CNAME") return records;
    if (type === "SOA") {
      const soa = Buffer.concat([encodeName("ns.test"), encodeName("root.test"), Buffer.alloc(20)]);
      return entry.SOA === true ? [...records, record(name, type, soa)] : records;
    }
    const values = entry[type] ?? [];
    if (typeof values === "string") return values;
    for (const value of values) {
      const data = type === "CAA" ? caa(value) : Buffer.from(ipaddr.parse(value).toByteArray());
      records.push(record(name, type, data));
    }
    return records;
  }
  return "SERVFAIL";
}

/** RFC 8659, 4.1. @param text tag and value */
function caa(text: string): Buffer {
  const [tag = ""] = text.split(" ", 1);
  const value = text.slice(tag.length + 1);
  return Buffer.concat([Buffer.from([0, tag.length]), Buffer.from(tag), Buffer.from(value)]);
}

function record(name: string, type: Type, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(TYPES[type], 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(TTL_SECONDS, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), head, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").map((label) => {
    const bytes = Buffer.from(label, "latin1");
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** The question of a query, and where it ends. */
function questionOf(query: Buffer): { name: string; type: Type; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const number = query.readUInt16BE(at + 1);
  const type = (Object.keys(TYPES) as Type[]).find((type) => TYPES[type] === number);
  if (type === undefined) throw new Error(`a question of type ${number} was not expected`);
  return { name: labels.join(".").toLowerCase(), type, end: at + 5 };
}
