import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Everything that `/metrics` shows. One set a running console, so that tests do not share theirs. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const registers = [registry];
  return {
    registry,
    commits: new Counter({
      name: "tardis_commits_total",
      help: "Groups of changes stored.",
      registers,
    }),
    storeWritable: new Gauge({
      name: "tardis_store_writable",
      help: "1 while changes are taken, 0 while the store has a fault.",
      registers,
    }),
    stateRevision: new Gauge({
      name: "tardis_state_revision",
      help: "Revision of the state in memory.",
      registers,
    }),
    publishedRevision: new Gauge({
      name: "tardis_published_revision",
      help: "Revision of the document that pollers get.",
      registers,
    }),
    documentBytes: new Gauge({
      name: "tardis_document_bytes",
      help: "Size of the document.",
      labelNames: ["encoding"],
      registers,
    }),
    buildSeconds: new Histogram({
      name: "tardis_document_build_seconds",
      help: "From the state to the bytes.",
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    buildFailures: new Counter({
      name: "tardis_document_build_failures_total",
      help: "Documents that the gate kept back.",
      registers,
    }),
    polls: new Counter({
      name: "tardis_polls_total",
      help: "Answers to polls of the provider.",
      labelNames: ["outcome"],
      registers,
    }),
    heldPolls: new Gauge({
      name: "tardis_polls_held",
      help: "Polls waiting for a change.",
      registers,
    }),
    unrouted: new Gauge({
      name: "tardis_unrouted",
      help: "Endpoints, pages and records that are not routed.",
      labelNames: ["state"],
      registers,
    }),
    gitlabComplete: new Gauge({
      name: "tardis_gitlab_last_complete_sync_timestamp_seconds",
      help: "When the last complete read of GitLab began, in Unix time; 0 before the first.",
      registers,
    }),
    gitlabSyncs: new Counter({
      name: "tardis_gitlab_syncs_total",
      help: "Reads of everything in GitLab, by how they ended.",
      labelNames: ["outcome"],
      registers,
    }),
    gitlabProjectHooks: new Counter({
      name: "tardis_gitlab_project_hooks_total",
      help: "Looks at the hooks of projects with a site, by what was found or done.",
      labelNames: ["outcome"],
      registers,
    }),
    gitlabCalls: new Counter({
      name: "tardis_gitlab_calls_total",
      help: "Requests to GitLab, by the class of their status.",
      labelNames: ["outcome"],
      registers,
    }),
    gitlabWaitSeconds: new Counter({
      name: "tardis_gitlab_wait_seconds_total",
      help: "Time that calls to GitLab waited because it limits them.",
      registers,
    }),
    gitlabHooks: new Counter({
      name: "tardis_gitlab_hooks_total",
      help: "Hooks of GitLab, by event and by what became of them.",
      labelNames: ["event", "outcome"],
      registers,
    }),
    gitlabPending: new Gauge({
      name: "tardis_gitlab_pending",
      help: "Projects that are read again after a hook, or watched after a push.",
      labelNames: ["kind"],
      registers,
    }),
    pages: new Gauge({
      name: "tardis_pages",
      help: "Places of GitLab Pages sites, by state.",
      labelNames: ["state"],
      registers,
    }),
    systemAway: new Gauge({
      name: "tardis_system_away",
      help: "1 while a module's system does not answer, 0 while it does.",
      labelNames: ["system"],
      registers,
    }),
    systemCalls: new Counter({
      name: "tardis_system_calls_total",
      help: "Calls to the systems of modules, by the class of their status.",
      labelNames: ["system", "outcome"],
      registers,
    }),
    reconcileRepairs: new Counter({
      name: "tardis_reconcile_repairs_total",
      help: "Steps that put right what was changed behind the console's back.",
      labelNames: ["kind"],
      registers,
    }),
    reconcileThings: new Gauge({
      name: "tardis_reconcile_things",
      help: "Things of modules at the last look at everything, and how many of them were not right.",
      labelNames: ["system", "state"],
      registers,
    }),
    requests: new Histogram({
      name: "tardis_http_request_seconds",
      help: "Requests to the public listener.",
      labelNames: ["method", "status"],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
