import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { adminToken, apiClient, runCommand, spawnConsole } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { REAL_MODULES } from "../support/real-modules.ts";
import { everythingIn, expectNowhere } from "../support/secret-traces.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

for (const [needed, start] of REAL_MODULES) {
  describeWithService(needed, `a console's process with ${start.name}`, () => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).toReversed()) await end();
    });

    it("gives each secret out once, and has it nowhere, whatever it is asked for", async () => {
      const folder = await temporaryFolder();
      ends.push(() => folder.remove());
      const module = await start(folder.path);
      ends.push(() => module.destroy());
      const { path, body, again, secretIn, before } = module;
      const settings = { ...module.settings, log: { level: "debug" } };
      const begin = async () => {
        const process = await spawnConsole(folder.path, settings);
        ends.push(() => process.stop());
        return process;
      };
      const first = await begin();
      const answers: string[] = [];
      const given: string[] = [];
      let port = first.httpPort;
      const ask = async (...asked: Parameters<ReturnType<typeof apiClient>>) => {
        const { status, body: answer } = await apiClient(port)(...asked);
        const secret = answer === null ? undefined : secretIn(answer);
        if (secret === undefined) answers.push(JSON.stringify(answer));
        else given.push(secret);
        return { status, id: answer?.id as string, isGiven: secret !== undefined };
      };
      const lookAtAll = async (id: string) => {
        for (const what of [path, `${path}/${id}`, "/events", "/owners/alice"])
          await ask("GET", what);
      };

      await ask("POST", "/persons", { username: "alice" });
      await ask("POST", ...before);
      const twice = async (to: string, json: object, key: string) => {
        const send = () => ask("POST", to, json, { "Idempotency-Key": key });
        const made = await send();
        expect(made).toMatchObject({ isGiven: true });
        expect(await send()).toEqual({ ...made, isGiven: false });
        return made.id;
      };
      const id = await twice(path, body, "made");
      await twice(`${path}/${id}/${again}`, {}, "again");
      await lookAtAll(id);

      module.signal("SIGSTOP");
      ends.push(async () => module.signal("SIGCONT"));
      const asked = ask("POST", `${path}/${id}/${again}`, {}, { "Idempotency-Key": "lost" });
      expect(await asked).toMatchObject({ status: 503 });
      module.signal("SIGCONT");
      await waitFor(async () => (await ask("POST", `${path}/${id}/${again}`, {})).isGiven, {
        timeout: 60_000,
        describe: "another secret to be given out",
      });
      const file = join(folder.path, "tardis.yaml");
      const exported = await runCommand(["-c", file, "export"]);

      first.kill("SIGKILL");
      await first.ended;
      const second = await begin();
      port = second.httpPort;
      await lookAtAll(id);
      await second.stop();

      expect(given.length).toBe(3);
      const logs = [first, second].flatMap(({ stdout, stderr }) => [stdout(), stderr()]);
      expectNowhere([...given, module.own, adminToken], {
        "what is answered": { text: answers.join("\n"), known: id },
        "the log": { text: logs.join("\n"), known: "tardis-console runs" },
        "the export": { text: exported.stdout, known: id },
        "the data": { text: await everythingIn(join(folder.path, "data")), known: id },
      });
    }, 180_000);
  });
}
