import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import type { Kubeconfig } from "../../src/domain/namespaces.ts";
import { drawKubeconfig } from "../../src/namespaces/draw.ts";
import { createKubeconfig, renewKubeconfig } from "../../src/namespaces/verbs/kubeconfigs.ts";
import { newId } from "../../src/store/ledger.ts";
import { type AnsweringProxy, startAnsweringProxy } from "../support/answering-proxy.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { everythingIn, expectNowhere, printed } from "../support/secret-traces.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, MINUTES_MS } from "./support.ts";

describeWithService(["kubernetes", "etcd"], "a token", () => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const errors: string[] = [];
  /** What is said of things, while they are in trouble, too. */
  const standings: string[] = [];
  /** Whether anybody was given them or not. */
  const issued: string[] = [];
  let server: KubernetesServer;
  let answering: AnsweringProxy;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    server = await startKubernetes();
    answering = await startAnsweringProxy(server.url);
    proxy = await startProxy(Number(new URL(answering.url).port));
    const url = `https://127.0.0.1:${proxy.port}`;
    host = await Host.start(server, { log, url, callMs: 3_000 });
  }, 120_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await answering?.close();
    await server?.destroy();
  });

  /** As the API and the pages do it. @param trouble begins when the token is about to be asked for */
  async function draw(id: string, commit: () => Promise<Kubeconfig>, trouble?: () => unknown) {
    host.beforeChange = (name) => (name === "issueToken" ? trouble?.() : undefined);
    try {
      const { module, ledger } = host;
      const { given } = await drawKubeconfig({ module, ledger }, id, commit, () => true);
      issued.push(parse(given?.file ?? "").users[0].user.token);
      return true;
    } catch (error) {
      errors.push(printed(error));
      return false;
    }
  }
  const make = (namespace: string, trouble?: () => unknown) => {
    const id = newId("kcfg", new Date());
    const input = { id, namespace, name: "laptop" };
    return draw(id, () => host.do(createKubeconfig, input), trouble);
  };
  const renew = (id: string, trouble?: () => unknown) =>
    draw(id, () => host.do(renewKubeconfig, { id }), trouble);
  const restore = () => {
    proxy.restore();
    answering.answer = () => undefined;
  };
  const heal = () =>
    waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return host.module.system.away === undefined && host.state.kubeconfigs.size === 1;
      },
      { timeout: 60_000, describe: "what nobody was given to be gone" },
    );
  const saidOfThings = async () => JSON.stringify([...(await host.volatile.list(""))]);

  it("is in no log, event, record, standing or message, whatever goes wrong", async () => {
    const owner = await host.person("alice");
    const { done } = await host.namespace(owner, "a");
    expect(await make(done.id)).toBe(true);
    const [id = ""] = host.state.kubeconfigs.keys();
    expect(await renew(id)).toBe(true);

    /** Has the API server issue a token, and another answer come with it, or with its last part. */
    const answersWith =
      (answer: (token: string) => { status: number; body: object }) => async () => {
        const account = `/api/v1/namespaces/tardis-console/serviceaccounts/${done.id}/token`;
        const { status } = (await server.ask("POST", account, { body: { spec: {} } })).body;
        issued.push(status.token);
        answering.answer = (_method, path) =>
          path.endsWith("/token") ? answer(status.token) : undefined;
      };
    const TROUBLE: readonly (() => unknown)[] = [
      answersWith((token) => ({ status: 201, body: { status: { token } } })),
      answersWith((token) => ({ status: 201, body: { status: { token: `x${token}` } } })),
      answersWith((token) => ({ status: 500, body: { message: token.slice(-350) } })),
      () => proxy.cutAnswersAfter(600),
      () => proxy.swallowAnswers(),
      () => proxy.cut(),
    ];
    for (const begin of TROUBLE) {
      for (const work of [() => make(done.id, begin), () => renew(id, begin)]) {
        expect(await work()).toBe(false);
        standings.push(await saidOfThings());
        restore();
        await heal();
      }
    }
    proxy.cut();
    for (let turn = 0; turn < 3; turn++) await host.pass(MINUTES_MS);
    restore();
    await heal();
    expect(await renew(id)).toBe(true);
    expect([errors.length, issued.length]).toEqual([12, 9]);

    const history = JSON.stringify(await host.ledger.store.history({ limit: 1_000 }));
    standings.push(await saidOfThings());
    const store = await host.lend(({ folder }) => everythingIn(folder));
    // What is signed would do for whoever has the rest.
    const signatures = issued.map((token) => token.split(".")[2] ?? "");
    expectNowhere([...issued, ...signatures, host.token], {
      "the log": { text: lines.join(""), known: "is away" },
      errors: { text: errors.join("\n"), known: "No kubeconfig was given out" },
      "the history": { text: history, known: "kubeconfig.renewed" },
      "what is said of things": { text: standings.join("\n"), known: "standing:kubeconfig/" },
      "the store": { text: store, known: "kubeconfig.renewed" },
    });
  }, 180_000);
});
