import { beforeEach, describe, expect, it } from "vitest";
import type { Label } from "../../src/domain/names.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import {
  freeLabel,
  giveBackLabel,
  grantLabel,
  labelStatus,
  releaseLabel,
  reserveLabel,
} from "../../src/owners/labels.ts";
import { DAY_MS, Host, memberOf, refused } from "./support.ts";

describe("labels", () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });

  const grant = (label: string, owner: string) => () => host.do(grantLabel, { label, owner });
  const status = (label: string) => labelStatus(host.state, host.context(), label as Label);
  const person = (username: string) => () => host.do(createPerson, { username });

  it("come with the owner's name, and are granted beside it", () => {
    expect(host.held(host.games)).toEqual(["games"]);
    expect(grant("Play", "games")()).toMatchObject({ id: "play", owner: host.games });
    expect(host.held(host.games)).toEqual(["games", "play"]);
    expect([status("play"), status("chess")]).toEqual(["held", "free"]);
    refused(host, grant("play", "bob"), "taken", "label");
    refused(host, person("play"), "taken", "username");
    refused(host, () => host.do(createGroup, { name: "play" }), "taken", "name");
    refused(host, grant("chess", "nobody"), "not_found", "owner");
  });

  it("rest when they are given back, with nothing under them", () => {
    grant("play", "games")();
    const gone = host.endpoint(host.games, "play", "/x");
    const kept = host.endpoint(host.games, "games", "/x");
    const given = host.do(giveBackLabel, { label: "PLAY" }, memberOf(host.alice));
    expect(given.restsUntil).toBe(new Date(host.now.getTime() + 180 * DAY_MS).toISOString());
    expect(status("play")).toBe("resting");
    expect([host.state.endpoints.has(gone), host.state.endpoints.has(kept)]).toEqual([false, true]);
    expect(refused(host, grant("play", "bob"), "resting", "label").message).toContain(
      given.restsUntil?.slice(0, 10),
    );
    refused(host, person("play"), "resting", "username");
    refused(host, () => host.do(giveBackLabel, { label: "play" }), "conflict");
  });

  it("come back to who held them last, while they rest", () => {
    grant("play", "games")();
    host.do(giveBackLabel, { label: "play" });
    host.pass(DAY_MS);
    expect(grant("play", "games")().restsUntil).toBeUndefined();
    expect(host.sweep()).toEqual([]);
    expect(status("play")).toBe("held");
  });

  it("are free when the rest is over, before and after the sweep", () => {
    grant("play", "games")();
    host.do(giveBackLabel, { label: "play" });
    host.pass(180 * DAY_MS - 1);
    expect(host.sweep()).toEqual([]);
    expect(status("play")).toBe("resting");
    host.pass(1);
    expect(status("play")).toBe("free");
    const { state } = host;
    grant("play", "bob")();
    expect(host.held(host.bob)).toEqual(["bob", "play"]);
    expect(host.sweep()).toEqual([]);
    host.state = state;
    expect(host.sweep()).toEqual(["expired"]);
    expect(host.state.labels.has("play")).toBe(false);
    expect(host.sweep()).toEqual([]);
  });

  it("are freed early by an admin only", () => {
    grant("play", "games")();
    const free = (actor = host.context().actor) => host.do(freeLabel, { label: "play" }, actor);
    refused(host, free, "conflict");
    host.do(giveBackLabel, { label: "play" });
    refused(host, () => free(memberOf(host.alice)), "forbidden");
    refused(host, () => free(memberOf(host.bob)), "not_found");
    free();
    expect(status("play")).toBe("free");
    grant("play", "bob")();
    refused(host, () => host.do(freeLabel, { label: "chess" }), "not_found");
  });

  it("are given back by their own, and not when they are the owner's name", () => {
    grant("play", "games")();
    const giveBack = (label: string, by: string) => () =>
      host.do(giveBackLabel, { label }, memberOf(by));
    refused(host, giveBack("play", host.bob), "not_found");
    refused(host, giveBack("games", host.alice), "conflict");
    const { revision } = host.state.labels.get("play") ?? {};
    const stale = { label: "play", ifMatch: (revision ?? 0) - 1 };
    refused(host, () => host.do(giveBackLabel, stale), "stale");
    host.do(giveBackLabel, { label: "play", ifMatch: revision });
  });

  it("are granted by admins only", () => {
    const asMember = () =>
      host.do(grantLabel, { label: "play", owner: host.alice }, memberOf(host.alice));
    refused(host, asMember, "forbidden");
  });

  it("are not given out when the configuration keeps them", () => {
    expect(status("www")).toBe("reserved");
    refused(host, grant("www", "bob"), "reserved", "label");
    refused(host, person("WWW"), "reserved", "username");
    const also = new Host({ TARDIS_LABELS__RESERVEDALSO: "tea" });
    refused(also, () => also.do(createPerson, { username: "tea" }), "reserved", "username");
  });

  it("are not given out when a host of the configuration has them", () => {
    const own = new Host({
      TARDIS_PUBLICURL: "https://desk.tardis.test",
      TARDIS_USERHOMES__ENABLED: "true",
      TARDIS_USERHOMES__URL: "http://homes.tardis.test:8000",
      TARDIS_SYSTEMS: "db.vm.tardis.test:3306,shelf.tardis.test",
      TARDIS_OWNHOSTS: "*.lab.tardis.test",
      TARDIS_TRAEFIK__CONSOLEURL: "http://inner.tardis.test:8080",
    });
    for (const label of ["desk", "homes", "vm", "shelf", "lab", "inner"]) {
      refused(own, () => own.do(grantLabel, { label, owner: "bob" }), "reserved", "label");
    }
    own.do(grantLabel, { label: "console2", owner: "bob" });
  });

  it("are kept and let go again by an admin; what is held stays", () => {
    grant("play", "games")();
    const reserve = (label: string) => () => host.do(reserveLabel, { label, reason: "ours" });
    expect(reserve("Chess")()).toMatchObject({ id: "chess", reason: "ours" });
    reserve("play")();
    refused(host, grant("chess", "bob"), "reserved", "label");
    refused(host, reserve("chess"), "taken", "label");
    refused(host, reserve("www"), "taken", "label");
    expect([status("play"), status("chess")]).toEqual(["held", "reserved"]);
    host.do(giveBackLabel, { label: "play" });
    refused(host, grant("play", "games"), "reserved", "label");
    host.do(releaseLabel, { label: "CHESS" });
    grant("chess", "bob")();
    refused(host, () => host.do(releaseLabel, { label: "www" }), "not_found");
    const asMember = { label: "go", reason: "" };
    refused(host, () => host.do(reserveLabel, asMember, memberOf(host.bob)), "forbidden");
  });

  it("name the ASCII form of one in another script, and take it from admins", () => {
    const refusal = refused(host, grant("bücher", "bob"), "invalid_input", "label");
    expect(refusal.message).toContain('"xn--bcher-kva"');
    grant("xn--bcher-kva", "bob")();
    expect(host.held(host.bob)).toContain("xn--bcher-kva");
    refused(host, grant("xn--zzzzzz-", "bob"), "invalid_input", "label");
  });

  it("are not given out while their record cannot be read", () => {
    const entry = { key: "label/play", reason: "it is damaged", owner: undefined };
    host.state = { ...host.state, setAside: [entry] };
    expect(status("play")).toBe("held");
    refused(host, grant("play", "bob"), "taken", "label");
    refused(host, person("play"), "taken", "username");
  });
});
