import { Hono } from "hono";
import { authorise } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import type { GitLabPages } from "../../gitlab-pages/module.ts";
import type { SyncRun } from "../../gitlab-pages/runs.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { doing } from "../act.ts";
import { GitLabTabs } from "./gitlab-tabs.tsx";
import { markOf } from "../delivery.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { counted } from "../words.ts";

const PATH = "/admin/gitlab";
const RUNS = 30;
const PLACES = 100;
const BACK = { href: PATH, label: "GitLab" };

const RUN_WORDS: Record<SyncRun["state"], readonly [Tone, string]> = {
  waiting: ["wait", "Waiting"],
  running: ["wait", "Running"],
  done: ["good", "Done"],
  held: ["bad", "Held"],
  failed: ["bad", "Failed"],
};

/** What else than a person has GitLab read, in words. */
const OCCASIONS = new Map([
  ["start", "the console’s start"],
  ["interval", "the clock"],
  ["hooks", "webhooks"],
]);
const byWhat = (by: string): string => OCCASIONS.get(by) ?? by;

/** `/admin/gitlab`: the sync with GitLab, its runs, and the plans that wait for an admin. */
export function gitlab(services: AdminServices): Hono<PageEnv> {
  const { ledger, site, config } = services;
  const app = new Hono<PageEnv>();
  const found = (): GitLabPages | undefined => services.gitlabPages?.();
  /** @throws Refusal `unavailable` where no GitLab is read */
  const required = (): GitLabPages => {
    const pages = found();
    if (pages !== undefined) return pages;
    throw new Refusal("unavailable", "GitLab is not read here: gitlab.enabled is off.");
  };
  /** @throws Refusal `not_found` */
  const runFor = async (id: string): Promise<SyncRun> => {
    const run = await found()?.records.get(id);
    if (run === undefined) throw new Refusal("not_found", "There is no such sync run.");
    return run;
  };

  app.get(PATH, async (context) => {
    const { state } = ledger;
    authorise(state, context.get("visitor").actor, "page.sync-read", null, "sync");
    const records = found()?.records;
    const props = { title: "GitLab", place: "gitlab" } as const;
    if (records === undefined) {
      return showAdmin(
        context,
        services,
        props,
        <>
          <GitLabTabs at={PATH} />
          <Empty title="GitLab is not read here">
            Set gitlab.enabled in the configuration to have its Pages sites served.
          </Empty>
        </>,
      );
    }
    const [{ completeAt, error }, held, runs] = await Promise.all([
      records.status(),
      records.held(),
      records.all(),
    ]);
    const now = site.now();
    return showAdmin(
      context,
      services,
      {
        ...props,
        lead: (
          <>
            {completeAt === null ? (
              "Not read completely yet"
            ) : (
              <>
                Read completely <Time at={completeAt} now={now} />
              </>
            )}
            ; it is read every {counted(config.gitlab.interval, "minute")}.
          </>
        ),
      },
      <>
        <GitLabTabs at={PATH} />
        <Live context={context} mark={markOf(state, services)}>
          {error === null ? null : (
            <div class="note bad" role="note">
              <p>{error}</p>
            </div>
          )}
          {held === undefined ? null : (
            <div class="note wait" role="note">
              <p>
                A plan that removes {counted(held.projects.length, "site")} of{" "}
                {counted(held.owners, "owner")} waits for an admin, since{" "}
                <Time at={held.since} now={now} />. The sites are served until then.
              </p>
              <a class="button" href={`${PATH}/runs/${held.run}/approve`}>
                Look at it
              </a>
            </div>
          )}
          <form method="post" action={`${PATH}/sync`}>
            <button type="submit" class={held === undefined ? undefined : "quiet"}>
              Read GitLab now
            </button>
          </form>
          <h2>Runs</h2>
          {runs.length === 0 ? (
            <p class="quiet-text">None is remembered.</p>
          ) : (
            <Table
              caption="Runs"
              columns={["Began", "By", "State", "Came", "Changed", "Went", "Held"]}
              rows={runs.slice(0, RUNS).map(({ id, by, startedAt, state: run, counts }) => [
                <a href={`${PATH}/runs/${id}`}>
                  <Time at={startedAt} now={now} />
                </a>,
                byWhat(by),
                <Badge tone={RUN_WORDS[run][0]}>{RUN_WORDS[run][1]}</Badge>,
                String(counts.created),
                String(counts.changed),
                String(counts.removed),
                String(counts.held),
              ])}
            />
          )}
        </Live>
      </>,
    );
  });

  app.post(`${PATH}/sync`, async (context) => {
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "page.sync-all", null, "sync");
    return doing(context, services, PATH, async () => {
      await required().requestSync(actor);
      return "GitLab is read now. How it goes stands below.";
    });
  });

  app.get(`${PATH}/runs/:run`, async (context) => {
    authorise(ledger.state, context.get("visitor").actor, "page.sync-read", null, "sync run");
    const run = await runFor(context.req.param("run"));
    const [tone, word] = RUN_WORDS[run.state];
    const now = site.now();
    return showAdmin(
      context,
      services,
      { title: "Sync run", place: "gitlab", back: BACK },
      <Live context={context} mark={markOf(ledger.state, services)}>
        <dl class="facts">
          <dt>State</dt>
          <dd>
            <Badge tone={tone}>{word}</Badge>
            {run.progress === null
              ? ""
              : ` ${run.progress.phase}: ${run.progress.done} of ${run.progress.of ?? "some"}`}
          </dd>
          <dt>Began</dt>
          <dd>
            <Time at={run.startedAt} now={now} />, by {byWhat(run.by)}
          </dd>
          <dt>Ended</dt>
          <dd>{run.finishedAt === null ? "not yet" : <Time at={run.finishedAt} now={now} />}</dd>
          <dt>Calls to GitLab</dt>
          <dd>{String(run.calls)}</dd>
          <dt>Id</dt>
          <dd>
            <code>{run.id}</code>
          </dd>
        </dl>
        {run.error === null ? null : (
          <div class="note bad" role="note">
            <p>{run.error}</p>
          </div>
        )}
        <Plan services={services} run={run} />
        {run.notes.length === 0 ? null : (
          <>
            <h2>Notes</h2>
            <ul>
              {run.notes.slice(0, PLACES).map((note) => (
                <li>{note}</li>
              ))}
            </ul>
          </>
        )}
      </Live>,
    );
  });

  app.get(`${PATH}/runs/:run/approve`, async (context) => {
    authorise(ledger.state, context.get("visitor").actor, "page.sync-all", null, "sync run");
    const run = await runFor(context.req.param("run"));
    const { held, heldOwners } = run.counts;
    return showAdmin(
      context,
      services,
      { title: "Let these sites go?", place: "gitlab", back: BACK },
      <Confirmation
        action={`${PATH}/runs/${run.id}/approve`}
        label="Let them go"
        cancel={PATH}
        danger
      >
        <p>
          GitLab does not have {counted(held, "place")} of {counted(heldOwners, "owner")} any more.
          So many at once may be a fault there. If it is meant, let them go: GitLab is read once
          more, and what it still does not have is removed.
        </p>
        <Places services={services} title="Held" places={run.held} count={held} />
      </Confirmation>,
    );
  });

  app.post(`${PATH}/runs/:run/approve`, async (context) => {
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "page.sync-all", null, "sync run");
    return doing(context, services, PATH, async () => {
      await required().approve(context.req.param("run"), actor);
      return "Approved. GitLab is read once more for it.";
    });
  });

  return app;
}

function Plan({ services, run }: { services: AdminServices; run: SyncRun }) {
  const { created, changed, removed, held, counts } = run;
  return (
    <>
      <Places services={services} title="Held" places={held} count={counts.held} />
      <Places services={services} title="Came" places={created} count={counts.created} />
      <Places services={services} title="Changed" places={changed} count={counts.changed} />
      <Places services={services} title="Went" places={removed} count={counts.removed} />
    </>
  );
}

function Places({
  services,
  title,
  places,
  count,
}: {
  services: AdminServices;
  title: string;
  places: SyncRun["held"];
  count: number;
}) {
  if (places.length === 0) return null;
  const shown = places.slice(0, PLACES);
  return (
    <>
      <h2>{title}</h2>
      <Table
        caption={title}
        columns={["Address", "Project", "Owner"]}
        rows={shown.map(({ host, path, projectPath, owner }) => [
          `${host}${path}`,
          projectPath,
          <OwnerOf state={services.ledger.state} id={owner} />,
        ])}
      />
      {count > shown.length ? (
        <p class="quiet-text">
          The first {shown.length} of {count}.
        </p>
      ) : null}
    </>
  );
}
