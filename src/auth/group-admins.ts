import { z } from "zod";
import type { Settings } from "../config.ts";
import { systemClock } from "../gitlab-pages/clock.ts";
import { isMissing } from "../gitlab-pages/client/error.ts";
import type { Send } from "../gitlab-pages/client/send.ts";
import { Transport } from "../gitlab-pages/client/transport.ts";

/** GitLab's Members API, "Retrieve a member of a group, including inherited and invited members". */
const memberSchema = z.object({
  id: z.number(),
  access_level: z.number(),
  state: z.string(),
  membership_state: z.string().optional(),
  expires_at: z.string().nullable().optional(),
});

export interface GroupAdminsOptions {
  readonly config: Pick<Settings, "gitlab" | "signIn">;
  readonly now: () => Date;
  readonly send?: Send | undefined;
}

const TIMEOUT_MS = 5_000;
/** Somebody waits for it. */
const TRIES = 2;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Who is an admin by being in a group of GitLab: asked by the group's number, as its path may be
 * somebody else's by now, and of GitLab itself, not of a claim.
 */
export class GroupAdmins {
  readonly #options: GroupAdminsOptions;
  readonly #transport: Transport;

  constructor(options: GroupAdminsOptions) {
    this.#options = options;
    this.#transport = new Transport({
      url: options.config.gitlab.url,
      concurrency: options.config.gitlab.concurrency,
      timeoutMs: TIMEOUT_MS,
      clock: systemClock,
      tries: TRIES,
      send: options.send,
    });
  }

  /**
   * @param subject the user's id in GitLab
   * @param accessToken the user's own, for where the console has none
   * @returns until when they are an admin; undefined for who is none
   * @throws GitLabError
   */
  async adminUntil(subject: string, accessToken: string): Promise<Date | undefined> {
    const { config, now } = this.#options;
    const until = new Date(now().getTime() + config.signIn.admins.hours * HOUR_MS);
    return (await this.#isAdmin(subject, config.gitlab.token ?? accessToken)) ? until : undefined;
  }

  /** Whether it can be asked for somebody who is not there: with the console's own token. */
  get canAskAgain(): boolean {
    return this.#options.config.gitlab.token !== null;
  }

  /**
   * Whether somebody is an admin still.
   * @param subject the user's id in GitLab
   * @throws GitLabError; Error where it cannot be asked again
   */
  isStill(subject: string): Promise<boolean> {
    const { token } = this.#options.config.gitlab;
    if (token === null) throw new Error("there is no token to ask GitLab with");
    return this.#isAdmin(subject, token);
  }

  async #isAdmin(subject: string, token: string): Promise<boolean> {
    const { config, now } = this.#options;
    const { group, level } = config.signIn.admins;
    // A subject that is no number is none of GitLab's, and becomes no part of a path.
    if (group === null || !/^[1-9]\d{0,15}$/.test(subject)) return false;
    try {
      const { body } = await this.#transport.call({
        method: "GET",
        path: `api/v4/groups/${group}/members/all/${subject}`,
        headers: { authorization: `Bearer ${token}` },
      });
      const member = memberSchema.parse(body);
      const isActive =
        member.state === "active" && (member.membership_state ?? "active") === "active";
      const endsAt = member.expires_at ?? undefined;
      const isOver = endsAt !== undefined && Date.parse(endsAt) <= now().getTime();
      const isAdmin = String(member.id) === subject && member.access_level >= level;
      return isAdmin && isActive && !isOver;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}
