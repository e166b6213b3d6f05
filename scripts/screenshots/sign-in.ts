import { startTestConsole, mustClient } from "../../test/support/console.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { startIdentityProvider } from "../../test/support/identity-provider.ts";
import { TestVisitor } from "../../test/support/visitor.ts";
import type { ShownStage } from "./shot.ts";
import { SIGN_IN_SHOTS } from "./sign-in-shots.ts";

/** A console that people sign in to at a provider: ada is an admin, carol and dora are invited. */
export async function stageSignIn(): Promise<ShownStage> {
  const folder = await temporaryFolder();
  const provider = await startIdentityProvider({ publicUrl: "http://localhost" });
  const { issuer, clientId, clientSecret } = provider;
  const running = await startTestConsole(folder.path, {
    // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
    publicUrl: "http://localhost:0",
    signIn: { oidc: { issuer, clientId, clientSecret, caption: "GitLab" } },
  });
  const must = mustClient(running.httpPort);
  for (const username of ["ada", "carol", "dora"]) await must("POST", "/persons", { username });
  await must("PATCH", "/persons/ada", { role: "admin" });
  const { url } = await must("POST", "/passes", { person: "carol", use: "invitation" });
  const ada = new TestVisitor(running);
  await ada.be("ada");
  return {
    origin: running.config.publicUrl,
    shots: SIGN_IN_SHOTS,
    ids: { invitation: new URL(url).pathname.split("/").at(-1) ?? "" },
    does: {},
    by: (who = "ada") => ({ session: who === "ada" ? ([...ada.cookies.values()][0] ?? "") : "" }),
    close: async () => {
      await running.close();
      await provider.stop();
      await folder.remove();
    },
  };
}
