import { Hono } from "hono";
import type { CheckLine, Report } from "../../doctor/report.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/doctor";
/** Seconds after which a browser asks again how far a look is. */
const AGAIN = "2";

/** `/admin/doctor`: what the doctor found last. It looks when it is asked to, and no page waits. */
export function doctorPage(services: AdminServices): Hono<PageEnv> {
  const { doctor } = services.system;
  const app = new Hono<PageEnv>();
  app.get(PATH, (context) => {
    const { last, progress } = doctor;
    if (progress !== undefined) context.header("Refresh", AGAIN);
    return showAdmin(
      context,
      services,
      { title: "Checks", place: "home", back: { href: "/admin", label: "Overview" } },
      <>
        <p>
          Every system that the console needs is looked at from here, each for ten seconds at most.
          Nothing is changed. <code>tardis-console doctor</code> says the same.
        </p>
        {progress === undefined ? (
          <form method="post" action={PATH}>
            <p>
              <button type="submit">Look now</button>
            </p>
          </form>
        ) : (
          <p role="status">
            <Badge tone="wait">Looking</Badge>{" "}
            {progress.left.length === 0 ? "It begins." : `Waiting for ${progress.left.join(", ")}.`}{" "}
            <a href={PATH}>See how far it is</a>
          </p>
        )}
        {last === undefined ? (
          <p class="quiet-text">It has not looked since this console runs.</p>
        ) : (
          <Findings report={last} now={services.site.now()} />
        )}
      </>,
    );
  });
  app.post(PATH, (context) => {
    // It never throws, and who comes while it goes on waits for the same.
    void doctor.look();
    return context.redirect(PATH, 303);
  });
  return app;
}

function Findings({ report, now }: { report: Report; now: Date }) {
  const parts = [...new Set(report.checks.map(({ part }) => part))];
  return (
    <>
      <p>
        <strong>{report.says}</strong> <Time at={report.at} now={now} />
      </p>
      {parts.map((part) => (
        <section>
          <h2>{part}</h2>
          <dl class="health">{report.checks.filter((check) => check.part === part).map(Line)}</dl>
        </section>
      ))}
    </>
  );
}

const SHOWN: Record<CheckLine["state"], readonly [Tone, string]> = {
  ok: ["good", "Well"],
  warning: ["wait", "Warning"],
  wrong: ["bad", "Wrong"],
  skipped: ["off", "Skipped"],
};

function Line({ what, state, says }: CheckLine) {
  const [tone, word] = SHOWN[state];
  return (
    <div>
      <dt>{what}</dt>
      <dd>
        <Badge tone={tone}>{word}</Badge>{" "}
        {says.split("`").map((text, index) => (index % 2 === 1 ? <code>{text}</code> : text))}
      </dd>
    </div>
  );
}
