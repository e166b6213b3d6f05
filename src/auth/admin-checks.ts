import type { Person } from "../domain/entities.ts";
import { messageOf } from "../errors.ts";
import { ADMIN_WORD_MS } from "./actor.ts";
import type { GroupAdmins } from "./group-admins.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface AdminChecksOptions {
  readonly groupAdmins: Pick<GroupAdmins, "canAskAgain" | "isStill">;
  readonly sessions: Pick<Sessions, "confirmAdmin">;
  /** The provider's issuer: whose subject GitLab knows. */
  readonly issuer: string;
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
}

/** GitLab is asked so often for one person, while they use the console. */
const RECHECK_MS = 2 * 60 * 1000;
/** And so often where it did not answer. */
const RETRY_MS = 30_000;

/**
 * Asks GitLab again whether those who are admins by their group still are. While its last word is
 * young nobody waits for it; once it is so old that it is worth nothing, whoever asks does. Where
 * GitLab does not answer, they are members from then on, until it does.
 */
export class AdminChecks {
  readonly #options: AdminChecksOptions;
  /** What is being asked, by person. */
  readonly #asking = new Map<string, Promise<boolean | undefined>>();
  /** When GitLab did not answer for a person. */
  readonly #failedAt = new Map<string, number>();

  constructor(options: AdminChecksOptions) {
    this.#options = options;
  }

  /**
   * A session, as what GitLab says makes it.
   * @throws Refusal `unavailable`, StoreUnavailable
   */
  async look(session: Session, person: Person): Promise<Session> {
    const now = this.#options.now().getTime();
    const { adminUntil, adminSeenAt = session.createdAt } = session;
    if (adminUntil === undefined || Date.parse(adminUntil) <= now) return session;
    const age = now - Date.parse(adminSeenAt);
    if (age < RECHECK_MS || !this.#options.groupAdmins.canAskAgain) return session;
    const looked = this.#confirm(session, person);
    if (age >= ADMIN_WORD_MS) return looked;
    looked.catch((error: unknown) => this.#warn(person, error));
    return session;
  }

  async #confirm(session: Session, person: Person): Promise<Session> {
    const { sessions, now } = this.#options;
    // The word is as old as the question.
    const askedAt = now();
    const isStill = await this.#ask(person, askedAt.getTime());
    if (isStill === undefined) return session;
    const confirmed = await sessions.confirmAdmin(session, isStill ? askedAt : undefined);
    return confirmed ?? withoutAdmin(session);
  }

  /** @returns undefined where GitLab does not say */
  #ask(person: Person, now: number): Promise<boolean | undefined> {
    const failedAt = this.#failedAt.get(person.id);
    if (failedAt !== undefined && now - failedAt < RETRY_MS) return Promise.resolve(undefined);
    let asking = this.#asking.get(person.id);
    if (asking === undefined) {
      asking = this.#askGitLab(person, now).finally(() => this.#asking.delete(person.id));
      this.#asking.set(person.id, asking);
    }
    return asking;
  }

  async #askGitLab(person: Person, now: number): Promise<boolean | undefined> {
    const { groupAdmins, issuer } = this.#options;
    // An account that was taken from them makes them nothing any more.
    const subjects = person.identities
      .filter((identity) => identity.issuer === issuer)
      .map(({ subject }) => subject);
    try {
      const answers = await Promise.all(subjects.map((subject) => groupAdmins.isStill(subject)));
      this.#failedAt.delete(person.id);
      return answers.includes(true);
    } catch (error) {
      this.#failedAt.set(person.id, now);
      this.#warn(person, error);
      return undefined;
    }
  }

  #warn({ id, name }: Person, error: unknown): void {
    this.#options.log.warn(
      { person: id, reason: messageOf(error) },
      `whether ${name} is still an admin by their group in GitLab could not be asked`,
    );
  }
}

function withoutAdmin({ adminUntil: _until, adminSeenAt: _at, ...session }: Session): Session {
  return session;
}
