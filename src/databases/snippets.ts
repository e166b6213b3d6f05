import type { State } from "../domain/state.ts";
import { grantsOf } from "./account-plan.ts";
import { partsOf } from "./address.ts";
import type { GivenAccount } from "./draw.ts";
import type { Password } from "./names.ts";

export interface SnippetInput {
  /** The server, as members reach it: `host:port`. */
  readonly address: string;
  readonly user: string;
  readonly password: Password;
  /** A database that it may use; undefined: it has none yet. */
  readonly database: string | undefined;
}

/** What an account's snippets are made of. @param publicAddress `databases.publicAddress` */
export function snippetsFor(
  { publicAddress }: { readonly publicAddress: string },
  state: State,
  { account, password }: Pick<GivenAccount, "account" | "password">,
): SnippetInput {
  const [database] = grantsOf(state, account).keys();
  return { address: publicAddress, user: account.name, password, database };
}

/** How a database is opened in a terminal, by whoever has the account's password: it is asked for. */
export function prompting({ address, user, database }: Omit<SnippetInput, "password">): string {
  const { host, port } = partsOf(address);
  return `mysql --host=${host} --port=${port} --user=${user} -p ${database ?? "DATABASE"}`;
}

/**
 * How the common clients connect with an account, each to be pasted as it is. None of the values can end
 * a quoted text, a word of a shell or a part of a URL: they are checked or drawn here.
 */
export function snippets({ address, user, password, database = "DATABASE" }: SnippetInput): {
  url: string;
  mysql: string;
  pdo: string;
  sqlalchemy: string;
  jdbc: string;
  env: string;
} {
  const { host, port } = partsOf(address);
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url: `mysql://${user}:${password}@${at}/${database}`,
    mysql: `mysql --host=${host} --port=${port} --user=${user} --password=${password} ${database}`,
    pdo: `new PDO('mysql:host=${host};port=${port};dbname=${database};charset=utf8mb4', '${user}', '${password}')`,
    sqlalchemy: `create_engine("mysql+pymysql://${user}:${password}@${at}/${database}?charset=utf8mb4")`,
    jdbc: `jdbc:mysql://${at}/${database}?user=${user}&password=${password}`,
    env: [
      `DB_HOST=${host}`,
      `DB_PORT=${port}`,
      `DB_DATABASE=${database}`,
      `DB_USERNAME=${user}`,
      `DB_PASSWORD=${password}`,
    ].join("\n"),
  };
}
