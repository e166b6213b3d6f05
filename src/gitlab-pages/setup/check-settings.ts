import { isLoopbackHost } from "../../config/syntax.ts";
import { ok, problem, warning, type Findings, type Found } from "./finding.ts";
import { ourHook, type HookSettings } from "./system-hook.ts";

/** What the configuration alone tells. */
export function checkSettings(findings: Findings, settings: HookSettings): void {
  const { gitlab } = settings;
  findings.add(
    "gitlab.enabled",
    gitlab.enabled
      ? ok("Pages sites are routed by themselves.")
      : warning(
          "It is off, so sites come by import only. When the rest is right, set it to true and restart the console.",
        ),
  );
  findings.add("publicUrl", publicUrlFinding(settings));
  const { token, signingToken } = gitlab.hooks;
  findings.add(
    "hook token",
    token === null && signingToken === null
      ? warning(
          `There is none, so hooks are refused and a change takes up to ${gitlab.interval} minutes. Put the output of \`openssl rand -hex 24\` into a file, name it in TARDIS_GITLAB__HOOKS__TOKEN_FILE, restart the console, and run \`tardis-console gitlab install-hooks\`.`,
        )
      : ok(
          signingToken === null
            ? "Hooks must bring gitlab.hooks.token."
            : "Hooks must be signed with gitlab.hooks.signingToken.",
        ),
  );
}

function publicUrlFinding(settings: HookSettings): Found {
  const { protocol, hostname } = new URL(settings.publicUrl);
  const { url } = ourHook(settings);
  if (isLoopback(hostname) && !isLoopback(new URL(settings.gitlab.url).hostname)) {
    return problem(
      `GitLab cannot reach ${url}, which is this machine itself. Set publicUrl to the console's own address.`,
    );
  }
  if (protocol !== "https:") {
    return warning(
      `Hooks to ${url} travel readable by everyone on the way, with their token. Put the console behind https, and set publicUrl to that.`,
    );
  }
  return ok(`GitLab is to send its hooks to ${url}.`);
}

function isLoopback(hostname: string): boolean {
  return isLoopbackHost(hostname.replaceAll(/^\[|\]$/g, ""));
}
