import type { GivenKubeconfig } from "../../namespaces/draw.ts";
import { Secret } from "../parts/secret.tsx";
import { Snippets } from "../parts/snippets.tsx";
import { exactly } from "../parts/time.tsx";

/** The one time that a kubeconfig is shown: in the answer itself, and in nothing that is kept. */
export function GivenKubeconfigPage({
  given: { kubeconfig, namespace, file },
}: {
  given: GivenKubeconfig;
}) {
  const { name, expiresAt } = kubeconfig;
  const saved = `${namespace}.yaml`;
  return (
    <>
      <Secret parts={[["Namespace", namespace]]}>
        <Snippets all={[["Kubeconfig", `to be saved as ${saved}`, file]]} fileName={saved} />
        <p class="quiet-text">
          “{name}”{expiresAt === undefined ? "" : ` is good until ${exactly(new Date(expiresAt))}`}.
          It has a token in it: do not put it where others read it. Whoever loses it renews it.
        </p>
      </Secret>
      <section>
        <h2>Use it</h2>
        <p>Nobody else on the machine is to read the file; its namespace is set in it.</p>
        <Snippets
          all={[
            [
              "kubectl",
              "in a terminal, where the file is",
              `chmod 600 ${saved}\nKUBECONFIG=${saved} kubectl get pods`,
            ],
          ]}
        />
      </section>
      <p class="buttons">
        <a class="button" href={`/namespaces/${kubeconfig.namespace}`}>
          I have it
        </a>
      </p>
    </>
  );
}
