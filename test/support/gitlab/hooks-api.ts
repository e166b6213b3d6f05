import type { Asked } from "./api.ts";
import { hookJson } from "./entities.ts";
import { type ApiResponse, Refusal, json, notFound } from "./exchange.ts";
import type { NewHook } from "./instance.ts";
import type { WebHook } from "./model.ts";
import { offsetPage, pageOf } from "./paging.ts";

/**
 * `/hooks` and `/hooks/:id`, for admins. Reading takes `read_api`, changing `api`. Source: GitLab's
 * documentation, "System hooks API".
 */
export function systemHooksRoute(asked: Asked, id?: string): ApiResponse {
  needScope(asked);
  asked.viewer.needAdmin();
  const { world } = asked;
  return manage(asked, world.systemHooks, id, (hook) => world.addSystemHook(hook));
}

/** `/projects/:id/hooks` and `/projects/:id/hooks/:hook_id`. Source: "Project webhooks API". */
export function projectHooksRoute(asked: Asked, project: string, id?: string): ApiResponse {
  needScope(asked);
  const found = asked.viewer.project(project, asked.request);
  asked.viewer.needMaintainer(found);
  return manage(asked, found.hooks, id, (hook) => asked.world.addProjectHook(found, hook));
}

function needScope({ viewer, request }: Asked): void {
  viewer.needScope(...(request.method === "GET" ? ["api", "read_api"] : ["api"]));
}

function manage(
  asked: Asked,
  hooks: WebHook[],
  id: string | undefined,
  add: (hook: NewHook) => WebHook,
): ApiResponse {
  const { request, options, parameters, world } = asked;
  const { method } = request;
  if (id === undefined) {
    if (method === "GET") return pageOf(offsetPage(request, hooks), hookJson);
    if (method !== "POST") return json(405, { error: "405 Not Allowed" });
    return json(201, hookJson(add({ url: "", ...wishesOf(parameters, true) })));
  }
  const hook = hooks.find((hook) => hook.id === Number(id));
  if (!hook) throw notFound();
  if (method === "GET") return json(200, hookJson(hook));
  if (method === "DELETE") {
    world.removeHook(hook);
    return json(204, undefined);
  }
  const old = hook.projectId === null && options.hooksCanBeChanged === false;
  if (method !== "PUT" || old) return json(405, { error: "405 Not Allowed" });
  const { events, ...rest } = wishesOf(parameters, false);
  Object.assign(hook.events, events);
  Object.assign(hook, rest);
  return json(200, hookJson(hook));
}

/** What is asked of a hook, without what is left out. */
function wishesOf(parameters: Record<string, string>, urlNeeded: boolean): Partial<NewHook> {
  const { url, name, description, token, signing_token, enable_ssl_verification } = parameters;
  if (url === undefined && urlNeeded) throw new Refusal(400, { error: "url is missing" });
  if (url !== undefined && !/^https?:\/\/\S+$/.test(url))
    throw new Refusal(422, { error: "Invalid url given" });
  if (signing_token !== undefined && !isSigningToken(signing_token))
    throw new Refusal(422, { message: { signing_token: ["is invalid"] } });
  const events = Object.entries(parameters)
    .filter(([key]) => key.endsWith("_events"))
    .map(([key, value]) => [key, value === "true"]);
  return {
    ...(url !== undefined && { url }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(token !== undefined && { token }),
    ...(signing_token !== undefined && { signingToken: signing_token }),
    ...(enable_ssl_verification !== undefined && {
      sslVerification: enable_ssl_verification === "true",
    }),
    events: Object.fromEntries(events),
  };
}

/** `whsec_` and 32 bytes in base64. */
function isSigningToken(value: string): boolean {
  const [, key] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
  return key !== undefined && Buffer.from(key, "base64").length === 32;
}
