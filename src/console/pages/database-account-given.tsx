import type { GivenAccount } from "../../databases/draw.ts";
import { snippets, snippetsFor } from "../../databases/snippets.ts";
import { Secret } from "../parts/secret.tsx";
import { Snippets } from "../parts/snippets.tsx";
import { ACCESS_WORDS, databasesInWords } from "./database-account-table.tsx";
import type { PageServices } from "./services.ts";

/** The one time that a password is shown: in the answer itself, and in nothing that is kept. */
export function GivenAccountPage({
  services,
  given,
}: {
  services: PageServices;
  given: GivenAccount;
}) {
  const { config, ledger } = services;
  const { account, password } = given;
  const setUp = snippetsFor(config.databases, ledger.state, given);
  const { url, mysql, pdo, sqlalchemy, jdbc, env } = snippets(setUp);
  return (
    <>
      <Secret
        parts={[
          ["Account", account.name],
          ["Password", password],
          ["Server", setUp.address],
          ...(setUp.database === undefined ? [] : [["Database", setUp.database] as const]),
        ]}
      >
        <p class="quiet-text">
          {ACCESS_WORDS[account.access]} in {databasesInWords(ledger.state, account)}. Whoever loses
          the password has a new one set.
        </p>
      </Secret>
      <section>
        <h2>Give it to a client</h2>
        <p>
          Each has the password in it: do not put it where others read it.
          {setUp.database === undefined
            ? " In the place of DATABASE goes one that it is for, once there is one."
            : ""}
        </p>
        <Snippets
          all={[
            ["mysql", "in a terminal", mysql],
            ["Environment", "for Laravel and many images", env],
            ["PHP", "PDO", pdo],
            ["Python", "SQLAlchemy with PyMySQL", sqlalchemy],
            ["Java", "JDBC", jdbc],
            ["URL", "for Node and others", url],
          ]}
        />
      </section>
      <p class="buttons">
        <a class="button" href="/databases#accounts">
          I have it
        </a>
      </p>
    </>
  );
}
