/**
 * A cheap reading of records that are in their canonical form already, which at a start is all of
 * them. It never says more than the schemas: what it does not take, they decide, words included.
 */
import { z } from "zod";
import { PAGE_SOURCES } from "./entities.ts";
import type { Endpoint, Entity, Kind, LabelRecord, Page, PageSource, Person } from "./entities.ts";
import { parseHostname, parseLabel, parsePathPrefix } from "./names.ts";
import type { Hostname, Label, PathPrefix } from "./names.ts";
import { parseTarget, targetUrl } from "./targets.ts";

type Fields = { readonly [key: string]: unknown };

// The schemas' own expressions, so that there is no second one to keep.
const TIME = z.core.regexes.datetime({});
const EMAIL = z.core.regexes.email;
const ID = /^[a-z]{2,5}-[a-z0-9]{1,40}$/;
/** URLs that no reader of them would refuse; the schema knows the others. */
const PLAIN_URL =
  /^https?:\/\/(?!.*xn--)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,4})?(?:\/[\w.~-]+)*\/?$/;
const PRINTABLE = /^[!-~](?:[ -~]*[!-~])?$/;

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isId = (value: unknown): value is string => isText(value) && ID.test(value);
const isTime = (value: unknown): value is string => isText(value) && TIME.test(value);
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** A line of text that trimming leaves as it is; other alphabets are the schema's to judge. */
const isLine = (value: unknown): value is string =>
  isText(value) && value.length <= 200 && PRINTABLE.test(value);

/** Whether a parser gives a text back as it is. */
function isFixed(parse: (text: string) => string, value: unknown): boolean {
  if (!isText(value)) return false;
  try {
    return parse(value) === value;
  } catch {
    return false;
  }
}

const isHostname = (value: unknown): value is Hostname => isFixed(parseHostname, value);
const isPath = (value: unknown): value is PathPrefix => isFixed(parsePathPrefix, value);
const isLabel = (value: unknown): value is Label =>
  isFixed((text) => parseLabel(text, { allowPunycode: true }), value);
const isTarget = (value: unknown): value is string =>
  isFixed((text) => targetUrl(parseTarget(text)), value);

function readEndpoint(record: Fields, size: number): Endpoint | undefined {
  const { v, id, revision, createdAt, kind, owner, host, path, targets } = record;
  const { stripPrefix, passHostHeader, acceptSelfSigned, paused } = record;
  if (size !== 13 || v !== 1 || kind !== "endpoint") return undefined;
  if (!isId(id) || !isCount(revision) || !isTime(createdAt) || !isId(owner)) return undefined;
  if (!isFlag(stripPrefix) || !isFlag(passHostHeader)) return undefined;
  if (!isFlag(acceptSelfSigned) || !isFlag(paused)) return undefined;
  if (!isHostname(host) || !isPath(path)) return undefined;
  if (!Array.isArray(targets) || targets.length < 1 || targets.length > 64) return undefined;
  // Not `every`, which passes over holes.
  for (const target of targets) if (!isTarget(target)) return undefined;
  return {
    v,
    id,
    revision,
    createdAt,
    kind,
    owner,
    host,
    path,
    targets: targets.slice(),
    stripPrefix,
    passHostHeader,
    acceptSelfSigned,
    paused,
  };
}

function readLabel(record: Fields, size: number): LabelRecord | undefined {
  const { v, kind, id, revision, createdAt, owner } = record;
  if (size !== 6 || v !== 1 || kind !== "label") return undefined;
  if (!isLabel(id) || !isCount(revision) || !isTime(createdAt) || !isId(owner)) return undefined;
  return { v, kind, id, revision, createdAt, owner };
}

function readPage(record: Fields, size: number): Page | undefined {
  const { v, id, revision, createdAt, kind, project, projectPath, namespace } = record;
  const { owner, host, path, accessControl, serves, deployed, source } = record;
  if (size !== 15 || v !== 2 || kind !== "page") return undefined;
  if (!isId(id) || !isCount(revision) || !isTime(createdAt)) return undefined;
  if (!isCount(project) || project === 0 || !isLine(projectPath)) return undefined;
  if (namespace !== null && (!isCount(namespace) || namespace === 0)) return undefined;
  if ((serves !== "site" && serves !== "redirect") || !isFlag(deployed)) return undefined;
  if (!PAGE_SOURCES.includes(source as PageSource)) return undefined;
  if (owner !== null && !isId(owner)) return undefined;
  if (!isHostname(host) || !isPath(path) || !isFlag(accessControl)) return undefined;
  return {
    v,
    id,
    revision,
    createdAt,
    kind,
    project,
    projectPath,
    namespace,
    owner,
    host,
    path,
    accessControl,
    serves,
    deployed,
    source: source as PageSource,
  };
}

function readPerson(record: Fields, size: number): Person | undefined {
  const { v, id, revision, createdAt, name, displayName, membership } = record;
  const { kind, email, role, identities } = record;
  const given = [displayName, membership, email].filter((value) => value !== undefined).length;
  // A person with a quota, grants, a suspension or a sign-out is rare enough.
  if (size !== 8 + given || v !== 3 || kind !== "person") return undefined;
  if (!isId(id) || !isCount(revision) || !isTime(createdAt) || !isLabel(name)) return undefined;
  if (displayName !== undefined && !isLine(displayName)) return undefined;
  if (email !== undefined && !(isText(email) && email.length <= 254 && EMAIL.test(email))) {
    return undefined;
  }
  if (role !== "member" && role !== "admin") return undefined;
  const term = membership === undefined ? undefined : readMembership(membership);
  if (membership !== undefined && term === undefined) return undefined;
  if (!Array.isArray(identities) || identities.length > 20) return undefined;
  const known = identities.map(readIdentity).filter((identity) => identity !== undefined);
  if (known.length !== identities.length) return undefined;
  return {
    v,
    id,
    revision,
    createdAt,
    name,
    ...(displayName === undefined ? {} : { displayName }),
    ...(term === undefined ? {} : { membership: term }),
    kind,
    ...(email === undefined ? {} : { email }),
    role,
    identities: known,
  };
}

function readMembership(value: unknown): Person["membership"] {
  if (!isPlain(value) || Object.keys(value).length !== 1) return undefined;
  const { endsAt } = value;
  return isTime(endsAt) ? { endsAt } : undefined;
}

function readIdentity(value: unknown): Person["identities"][number] | undefined {
  if (!isPlain(value) || Object.keys(value).length !== 2) return undefined;
  const { issuer, subject } = value;
  if (!isText(issuer) || issuer.length > 500 || !PLAIN_URL.test(issuer)) return undefined;
  return isLine(subject) ? { issuer, subject } : undefined;
}

/** A record as JSON gives it: one with another prototype could have fields that are not its own. */
function isPlain(value: unknown): value is Fields {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

const readers: Partial<Record<Kind, (record: Fields, size: number) => Entity | undefined>> = {
  endpoint: readEndpoint,
  label: readLabel,
  page: readPage,
  person: readPerson,
};

/**
 * A record of the current version as the schema of its kind would give it.
 * @returns undefined where that takes a closer look: it may be valid all the same
 */
export function readCanonical(kind: Kind, record: Fields): Entity | undefined {
  if (!isPlain(record)) return undefined;
  return readers[kind]?.(record, Object.keys(record).length);
}
