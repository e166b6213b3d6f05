import type { Kubeconfig } from "../domain/namespaces.ts";
import { kubeconfigsInto, type Change } from "../domain/state.ts";
import { StepRecords, withoutAnswers } from "../reconcile/records.ts";

/** The statuses of the answers to a kubeconfig's making and to its renewal. */
const CREATED = 201;
const RENEWED = 200;

/** What a token hangs on at Kubernetes, and until when it is good. */
export interface Issued {
  readonly uid: string;
  readonly accountUid: string;
  readonly expiresAt: string;
}

/** What steps write down of namespaces and kubeconfigs. */
export class NamespaceRecords extends StepRecords {
  /** It is there, and this is the one. */
  made(id: string, uid: string): Promise<void> {
    return this.change((state, revision) => {
      const namespace = state.namespaces.get(id);
      if (namespace === undefined) return undefined;
      return {
        changes: [{ kind: "namespace", id, entity: { ...namespace, uid, revision } }],
        event: {
          type: "namespace.made",
          summary: `the namespace ${namespace.name} was made`,
          owners: [namespace.owner],
        },
        result: null,
      };
    });
  }

  /** Its end was seen: so ends its record, and with it go the ways into it. */
  namespaceGone(id: string): Promise<void> {
    return this.change((state, revision) => {
      const namespace = state.namespaces.get(id);
      if (namespace?.deleting === undefined) return undefined;
      const ways = kubeconfigsInto(state, id).map((kubeconfig): Change => ({
        kind: "kubeconfig",
        id: kubeconfig.id,
        entity: { ...kubeconfig, deleting: true, revision },
      }));
      return {
        changes: [{ kind: "namespace", id, entity: null }, ...ways],
        event: {
          type: "namespace.deleted",
          summary: `the namespace ${namespace.name} was deleted with all that was in it`,
          owners: [namespace.owner],
        },
        result: null,
      };
    });
  }

  /** Its token is about to be given out. */
  issued(id: string, handle: string, issued: Issued): Promise<void> {
    return this.#kubeconfig(id, "kubeconfig.issued", (kubeconfig) =>
      kubeconfig.handle !== handle || kubeconfig.issued
        ? undefined
        : {
            kubeconfig: { ...kubeconfig, ...issued, issued: true },
            summary: `the kubeconfig ${kubeconfig.name} was given out`,
          },
    );
  }

  /** Another token has taken the place of the one it had. */
  renewed(id: string, handle: string, issued: Issued): Promise<void> {
    return this.#kubeconfig(id, "kubeconfig.renewed", ({ next, ...kubeconfig }) =>
      next !== handle
        ? undefined
        : {
            kubeconfig: {
              ...kubeconfig,
              ...issued,
              handle,
              retired: [...kubeconfig.retired, kubeconfig.handle],
            },
            summary: `the kubeconfig ${kubeconfig.name} got a new token`,
          },
    );
  }

  /** What was to take its place is no more: nobody was given the token. */
  abandoned(id: string, handle: string): Promise<void> {
    return this.#kubeconfig(id, "kubeconfig.renewal-abandoned", ({ next, ...kubeconfig }) =>
      next !== handle
        ? undefined
        : {
            kubeconfig,
            summary: `the kubeconfig ${kubeconfig.name} keeps the token that it has`,
            forget: RENEWED,
          },
    );
  }

  /** What tokens hung on that it had is gone. */
  cleared(id: string, handles: readonly string[]): Promise<void> {
    return this.#kubeconfig(id, "kubeconfig.cleared", (kubeconfig) => ({
      kubeconfig: {
        ...kubeconfig,
        retired: kubeconfig.retired.filter((one) => !handles.includes(one)),
      },
      summary: `tokens that the kubeconfig ${kubeconfig.name} had were ended`,
    }));
  }

  kubeconfigGone(id: string, hasExpired: boolean): Promise<void> {
    return this.change((state) => {
      const kubeconfig = state.kubeconfigs.get(id);
      if (kubeconfig === undefined) return undefined;
      return {
        changes: [
          { kind: "kubeconfig", id, entity: null },
          ...(kubeconfig.issued ? [] : withoutAnswers(state, id, CREATED)),
        ],
        event: {
          type: hasExpired ? "kubeconfig.expired" : "kubeconfig.deleted",
          summary: `the kubeconfig ${kubeconfig.name} ${hasExpired ? "ran out" : "was removed"}`,
          owners: [kubeconfig.owner],
        },
        result: null,
      };
    });
  }

  #kubeconfig(
    id: string,
    type: string,
    next: (
      kubeconfig: Kubeconfig,
    ) => { kubeconfig: Kubeconfig; summary: string; forget?: number } | undefined,
  ): Promise<void> {
    return this.change((state, revision) => {
      const before = state.kubeconfigs.get(id);
      const after = before === undefined ? undefined : next(before);
      if (after === undefined) return undefined;
      return {
        changes: [
          { kind: "kubeconfig", id, entity: { ...after.kubeconfig, revision } },
          ...(after.forget === undefined ? [] : withoutAnswers(state, id, after.forget)),
        ],
        event: { type, summary: after.summary, owners: [after.kubeconfig.owner] },
        result: null,
      };
    });
  }
}
