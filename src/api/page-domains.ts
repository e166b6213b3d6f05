import { createRoute, z } from "@hono/zod-openapi";
import type { Map as PersistentMap } from "immutable";
import type { CustomDomain } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { DNS_STATES, type DnsCheck } from "../gitlab-pages/domains/dns.ts";
import { verificationRecord } from "../gitlab-pages/domains/records.ts";
import { DOMAIN_STATES, standingOf } from "../gitlab-pages/domains/standing.ts";
import { readHeaders } from "./change.ts";
import { isFresh } from "./conditional.ts";
import { json, notModified, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";

const recordSchema = z
  .object({
    type: z.enum(["TXT", "CNAME", "A", "AAAA", "ALIAS"]).openapi({
      description:
        "ALIAS: A and AAAA records with the addresses of that name, or what the DNS provider calls ALIAS.",
    }),
    name: z.string(),
    value: z.string(),
  })
  .openapi("DnsRecord");

const dnsSchema = z
  .object({
    state: z.enum(DNS_STATES),
    found: z.array(z.string()).openapi({ description: "The addresses that the domain has." }),
    expected: z.array(z.string()).openapi({ description: "The addresses that lead here." }),
    reason: z.string(),
    record: z.array(recordSchema).openapi({ description: "What leads the domain here." }),
    askedAt: z.string().openapi({ description: "When DNS was asked; answers are kept a while." }),
  })
  .openapi("DnsCheck");

const domainSchema = z
  .object({
    domain: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    project: z.number().int().openapi({ description: "GitLab's project id." }),
    projectPath: z.string(),
    owner: z.string().nullable(),
    ownerName: z.string().nullable(),
    verified: z.boolean(),
    enabledUntil: z
      .string()
      .nullable()
      .openapi({ description: "Until when GitLab serves it; null: it does not." }),
    autoSsl: z.boolean().openapi({ description: "Whether GitLab gets its certificate by itself." }),
    certificateUntil: z.string().nullable(),
    state: z.enum(DOMAIN_STATES),
    reason: z.string().openapi({ description: "How it stands, in words." }),
    records: z.array(recordSchema).openapi({
      description: "What is to stand in the domain's DNS: first what GitLab looks for.",
    }),
    dns: dnsSchema
      .nullable()
      .openapi({ description: "Whether its DNS points here; null when that was not looked up." }),
  })
  .openapi("PageDomain");

const tags = ["pages"];
const list = createRoute({
  method: "get",
  path: "/pages/domains",
  summary: "Custom domains of GitLab Pages: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: {
    query: listQuery.extend({
      owner: ownerFilter,
      project: z
        .string()
        .regex(/^[1-9]\d{0,14}$/, "must be a project's id")
        .optional()
        .openapi({ type: "integer", description: "Only this project's: GitLab's id." }),
      dns: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "Looks up whether their DNS points here." }),
    }),
  },
  responses: { 200: json(pageSchemaOf(domainSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/pages/domains/{domain}",
  summary: "One custom domain of GitLab Pages, and whether its DNS points here",
  tags,
  security,
  parameters: readHeaders,
  request: {
    params: z.object({
      domain: z.string().min(1).max(300).openapi({ description: "The domain itself." }),
    }),
  },
  responses: { 200: json(domainSchema, "The domain."), 304: notModified, ...readProblems },
});

/** `/pages/domains`. */
export function pageDomains(services: Services) {
  const { ledger, rules, config, now, domainDns } = services;
  const passesThrough = config.pages.enabled && config.pages.customDomains;
  const view = (domain: CustomDomain, state: State): z.infer<typeof domainSchema> => {
    const { state: standing, reason } = standingOf(domain, { rules, passesThrough, now: now() });
    const { verificationCode: code } = domain;
    return {
      domain: domain.id,
      revision: domain.revision,
      createdAt: domain.createdAt,
      project: domain.project,
      projectPath: domain.projectPath,
      owner: domain.owner,
      ownerName: nameOf(state, domain.owner),
      verified: domain.verified,
      enabledUntil: domain.enabledUntil,
      autoSsl: domain.autoSsl,
      certificateUntil: domain.certificateUntil,
      state: standing,
      reason,
      // Nothing in DNS helps a domain that is refused.
      records:
        standing === "refused"
          ? []
          : [
              ...(code === null ? [] : [verificationRecord(domain.id, code)]),
              ...(domainDns?.records(domain.id) ?? []),
            ],
      dns: null,
    };
  };
  type View = ReturnType<typeof view>;
  const withDns = async (shown: View): Promise<View> => {
    if (domainDns === undefined || shown.state === "refused") return shown;
    const dns = viewOf(await domainDns.check(shown.domain));
    const verification = shown.records.filter(({ type }) => type === "TXT");
    return { ...shown, records: [...verification, ...dns.record], dns };
  };
  return resource()
    .openapi(list, async (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const project = query.project === undefined ? undefined : Number(query.project);
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.domains,
        (owner) => domainsByOwner(state.domains).get(owner) ?? [],
      );
      const page = paginate("domains", query, keys, (id) => {
        const domain = state.domains.get(id);
        if (domain === undefined || (project !== undefined && domain.project !== project))
          return undefined;
        return view(domain, state);
      });
      const items = query.dns === "true" ? await Promise.all(page.items.map(withDns)) : page.items;
      return context.json({ ...page, items }, 200);
    })
    .openapi(read, async (context) => {
      const { state } = ledger;
      const domain = state.domains.get(context.req.valid("param").domain.toLowerCase());
      authorise(state, context.get("actor"), "domain.read", domain?.owner ?? null, "domain");
      if (domain === undefined) throw new Refusal("not_found", "There is no such domain.");
      const shown = await withDns(view(domain, state));
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    });
}

function viewOf({ found, expected, record, ...rest }: DnsCheck): z.infer<typeof dnsSchema> {
  return { ...rest, found: [...found], expected: [...expected], record: [...record] };
}

const byOwner = new WeakMap<object, ReadonlyMap<string, readonly string[]>>();

/** The domains of each owner, found once for each version of the map. */
export function domainsByOwner(
  domains: PersistentMap<string, CustomDomain>,
): ReadonlyMap<string, readonly string[]> {
  const known = byOwner.get(domains);
  if (known !== undefined) return known;
  const found = new Map<string, string[]>();
  for (const { id, owner } of domains.values()) {
    if (owner === null) continue;
    const ids = found.get(owner);
    if (ids === undefined) found.set(owner, [id]);
    else ids.push(id);
  }
  byOwner.set(domains, found);
  return found;
}
