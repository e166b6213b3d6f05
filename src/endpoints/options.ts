import { Refusal } from "../errors.ts";
import type { Context } from "../domain/decision.ts";
import { healthCheckSchema, type HealthCheck, type Owner } from "../domain/entities.ts";
import { quotaOf } from "../domain/rules.ts";
import { grantsOf, wholeService } from "../domain/service-targets.ts";
import type { State } from "../domain/state.ts";
import { requireTarget } from "../domain/target-policy.ts";
import { parseTarget, targetUrl, type Target } from "../domain/targets.ts";

export interface TargetsInput {
  readonly target?: string | undefined;
  readonly targets?: readonly string[] | undefined;
}

/**
 * Parses one or several targets: all of one scheme, each once, each granted to the owner.
 * @returns their canonical URLs
 * @throws Refusal naming the field
 */
export function parseTargets(
  state: State,
  context: Context,
  owner: Owner,
  input: TargetsInput,
): string[] {
  if (input.target !== undefined && input.targets !== undefined) {
    throw new Refusal("invalid_input", "Give target or targets, not both.", { field: "targets" });
  }
  const texts = input.target === undefined ? (input.targets ?? []) : [input.target];
  const fieldOf = (position: number) =>
    input.target === undefined ? `targets.${position}` : "target";
  if (texts.length === 0) {
    throw new Refusal("invalid_input", "Say where the requests go: give a target.", {
      field: "target",
    });
  }
  const limit = context.actor.admin ? 64 : quotaOf(context.rules, owner).targetsPerEndpoint;
  if (texts.length > limit) {
    throw new Refusal("quota_exceeded", `A service has at most ${limit} targets.`, {
      field: "targets",
    });
  }
  const policy = context.rules.targets;
  const own = grantsOf(state, policy, owner);
  const seen = new Map<string, Target>();
  texts.forEach((text, position) => {
    const target = wholeService(parseTarget(text, fieldOf(position)), policy);
    requireTarget(policy, owner.name, own, target, fieldOf(position));
    const url = targetUrl(target);
    if (seen.has(url)) {
      throw new Refusal("invalid_input", `${url} is given twice.`, { field: fieldOf(position) });
    }
    const first = seen.values().next().value;
    if (first !== undefined && first.scheme !== target.scheme) {
      throw new Refusal("invalid_input", "All targets of a service use the same scheme.", {
        field: fieldOf(position),
      });
    }
    seen.set(url, target);
  });
  return [...seen.keys()];
}

export interface HealthCheckInput {
  readonly path: string;
  readonly intervalSeconds?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
}

const DEFAULT_INTERVAL_SECONDS = 30;
const DEFAULT_TIMEOUT_SECONDS = 5;

/**
 * Parses an active health check within the limits of the configuration: a check is load that one
 * member puts on another's machine.
 * @throws Refusal naming the field
 */
export function parseHealthCheck(context: Context, input: HealthCheckInput): HealthCheck {
  const { minSeconds, maxSeconds } = context.rules.health;
  const preferred = Math.min(Math.max(DEFAULT_INTERVAL_SECONDS, minSeconds), maxSeconds);
  const intervalSeconds = input.intervalSeconds ?? preferred;
  if (intervalSeconds < minSeconds || intervalSeconds > maxSeconds) {
    throw new Refusal(
      "invalid_input",
      `A health check runs every ${minSeconds} to ${maxSeconds} seconds.`,
      {
        field: "healthCheck.intervalSeconds",
      },
    );
  }
  const timeoutSeconds = input.timeoutSeconds ?? Math.min(DEFAULT_TIMEOUT_SECONDS, intervalSeconds);
  if (timeoutSeconds > intervalSeconds) {
    throw new Refusal("invalid_input", "A health check must time out before the next one starts.", {
      field: "healthCheck.timeoutSeconds",
    });
  }
  const checked = healthCheckSchema.safeParse({
    path: input.path,
    intervalSeconds,
    timeoutSeconds,
  });
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new Refusal(
      "invalid_input",
      `The health check is not valid: ${issue?.message ?? "unknown"}.`,
      {
        field: ["healthCheck", ...(issue?.path ?? [])].join("."),
      },
    );
  }
  return checked.data;
}

/** @throws Refusal when self-signed certificates are accepted where no TLS is spoken */
export function requireTlsForSelfSigned(
  targets: readonly string[],
  acceptSelfSigned: boolean,
): void {
  if (acceptSelfSigned && !targets.every((url) => url.startsWith("https:"))) {
    throw new Refusal(
      "invalid_input",
      "A self-signed certificate is accepted of https targets alone.",
      {
        field: "acceptSelfSigned",
      },
    );
  }
}
