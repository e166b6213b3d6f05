import type { Wish } from "../../src/domain/requests.ts";
import { askAdmins } from "../../src/requests/ask.ts";
import { Host, memberOf } from "../owners/support.ts";

export const label = (name: string) => ({ kind: "label", label: name }) as Wish;
export const endpoints = (amount: number): Wish => ({ kind: "quota", of: "endpoints", amount });
export const network = (cidr: string, ...ports: string[]): Wish => ({
  kind: "target",
  grant: { network: cidr, ports },
});
export const renewal: Wish = { kind: "renewal" };

/** A host whose members ask for things. */
export class Asking extends Host {
  ask(wish: Wish, owner = this.alice, asker = this.alice): string {
    const input = { owner, wish, reason: "We need it." };
    return this.do(askAdmins, input, memberOf(asker)).id;
  }

  request(id: string) {
    const found = this.state.requests.get(id);
    if (found === undefined) throw new Error(`there is no request ${id}`);
    return found;
  }
}
