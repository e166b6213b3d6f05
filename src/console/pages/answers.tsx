import type { Owner } from "../../domain/entities.ts";
import { wishInWords } from "../../requests/wish.ts";
import { REQUEST_WORDS } from "../parts/request-state.tsx";
import { Time } from "../parts/time.tsx";
import { isNews, requestsFor, wishHeading } from "./requests.tsx";
import type { PageServices } from "./services.ts";

const SHOWN = 3;

/** Tells of what the admins answered and nobody has read. */
export function Answers({ services, person }: { services: PageServices; person: Owner }) {
  const { ledger, site } = services;
  const { state } = ledger;
  const news = requestsFor(state, person).filter(isNews);
  return (
    <>
      {news.slice(0, SHOWN).map((request) => {
        const { id, owner, decided } = request;
        const whom =
          owner === person.id ? "" : ` for ${state.owners.get(owner)?.name ?? "a group"}`;
        return (
          <div class={`note ${REQUEST_WORDS[request.state][0]}`} role="note">
            <div>
              <p>
                {REQUEST_WORDS[request.state][1]}{" "}
                <Time at={decided?.at ?? request.createdAt} now={site.now()} />:{" "}
                <a href={`/requests#${id}`}>
                  {wishInWords(request.wish)}
                  {whom}
                </a>
              </p>
              {decided?.answer === undefined ? null : <p class="said">{decided.answer}</p>}
            </div>
            <form method="post" action={`/requests/${id}/acknowledge`}>
              <input type="hidden" name="to" value="sites" />
              <button type="submit" class="quiet small">
                I have read it<span class="unseen">: {wishHeading(request)}</span>
              </button>
            </form>
          </div>
        );
      })}
      {news.length > SHOWN ? (
        <p>
          <a href="/requests">{news.length - SHOWN} more answers</a>
        </p>
      ) : null}
    </>
  );
}
