import type { GivenKey } from "../../buckets/draw.ts";
import { snippets, snippetsFor } from "../../buckets/snippets.ts";
import { Secret } from "../parts/secret.tsx";
import { Snippets } from "../parts/snippets.tsx";
import { ACCESS_WORDS, bucketsInWords } from "./bucket-key-table.tsx";
import type { PageServices } from "./services.ts";

/** The one time that a key's secret is shown: in the answer itself, and in nothing that is kept. */
export function GivenKeyPage({ services, given }: { services: PageServices; given: GivenKey }) {
  const { config, ledger } = services;
  const { key, secretKey } = given;
  const setUp = snippetsFor(config.buckets, ledger.state, given);
  const { mc, aws, rclone } = snippets(setUp);
  return (
    <>
      <Secret
        parts={[
          ["Access key", key.accessKey],
          ["Secret key", secretKey],
          ["Server", setUp.url],
          ["Region", setUp.region],
        ]}
      >
        <p class="quiet-text">
          “{key.name}”: {ACCESS_WORDS[key.access].toLowerCase()} in{" "}
          {bucketsInWords(ledger.state, key)}. Whoever loses the secret rotates the key.
        </p>
      </Secret>
      <section>
        <h2>Give it to a client</h2>
        <p>Each has the secret in it: do not put it where others read it.</p>
        <Snippets
          all={[
            ["mc", "in a terminal", mc],
            ["aws", "in a terminal", aws],
            ["rclone", "at the end of rclone.conf", rclone],
          ]}
        />
      </section>
      <p class="buttons">
        <a class="button" href="/buckets">
          I have it
        </a>
      </p>
    </>
  );
}
