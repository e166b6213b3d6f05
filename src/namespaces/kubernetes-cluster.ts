import { AsyncLocalStorage } from "node:async_hooks";
import { Agent } from "node:https";
import {
  AuthorizationV1Api,
  CoreV1Api,
  createConfiguration,
  KubernetesObjectApi,
  loadYaml,
  PatchStrategy,
  type KubernetesObject,
  type RequestContext,
  type ResponseContext,
  type SecurityAuthentication,
  ServerConfiguration,
  VersionApi,
} from "@kubernetes/client-node";
import {
  ClusterError,
  type Cluster,
  type IssuedToken,
  type KubeObject,
  type KubePage,
  type KubeRef,
  type KubeSelection,
  type KubeType,
} from "./cluster.ts";
import { clusterErrorOf } from "./failures.ts";
import { plain } from "./plain.ts";
import { watchEnd } from "./watch-end.ts";

export interface KubernetesOptions {
  /** Of the API server. */
  readonly url: string;
  /** Certificates (PEM) that sign the API server's own; undefined: the system's. */
  readonly ca: string | undefined;
  /** The console's own. */
  readonly token: string;
  /** As the fields that the console sets are listed. */
  readonly manager: string;
  /** Told of each call's outcome: the class of its status, or what went wrong. */
  readonly onCall?: (outcome: string) => void;
}

/** Objects in one page of a list: to read one is done in one go, and holds up everything else. */
const PAGE = 100;
/** For whoever calls without a signal: the API server may hang for as long as it likes. */
const FALLBACK_MS = 30_000;

/** A Kubernetes cluster, by its API. */
export class KubernetesCluster implements Cluster {
  readonly name = "Kubernetes";
  readonly #options: KubernetesOptions;
  readonly #agent: Agent;
  /** The client takes no signal with a call: what runs under one finds it here. */
  readonly #signals = new AsyncLocalStorage<AbortSignal>();
  readonly #objects: KubernetesObjectApi;
  readonly #core: CoreV1Api;
  readonly #authorization: AuthorizationV1Api;
  readonly #versions: VersionApi;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    const { url, ca, token } = options;
    this.#agent = new Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
    const auth: SecurityAuthentication = {
      getName: () => "token",
      applySecurityAuthentication: (context: RequestContext) => {
        context.setHeaderParam("Authorization", `Bearer ${token}`);
        context.setAgent(this.#agent);
      },
    };
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(url, {}),
      authMethods: { default: auth },
      promiseMiddleware: [
        {
          pre: async (context: RequestContext) => {
            context.setSignal(this.#signals.getStore() ?? AbortSignal.timeout(FALLBACK_MS));
            return context;
          },
          post: async (response: ResponseContext) => {
            const status = response.httpStatusCode;
            options.onCall?.(`${Math.floor(status / 100)}xx`);
            return response;
          },
        },
      ],
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- its constructor is kept to its own factory, which makes a new connection for each call
    this.#objects = new (KubernetesObjectApi as any)(configuration);
    this.#core = new CoreV1Api(configuration);
    this.#authorization = new AuthorizationV1Api(configuration);
    this.#versions = new VersionApi(configuration);
  }

  version(signal: AbortSignal): Promise<string> {
    return this.#call(signal, async () => (await this.#versions.getCode()).gitVersion);
  }

  may(access: Parameters<Cluster["may"]>[0], signal: AbortSignal): Promise<boolean> {
    return this.#call(signal, async () => {
      const { verb, group, resource, namespace, name } = access;
      const [base = "", subresource] = resource.split("/");
      const body = loaded({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        metadata: { name: "" },
        spec: { resourceAttributes: { verb, group, resource: base, subresource, namespace, name } },
      });
      const { status } = await this.#authorization.createSelfSubjectAccessReview({ body });
      return status?.allowed === true;
    });
  }

  read(ref: KubeRef, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#call(signal, async () => plain(await this.#objects.read(specOf(ref)))).catch(
      (error: unknown) => {
        if (error instanceof ClusterError && error.failure === "missing") return undefined;
        throw error;
      },
    );
  }

  list(type: KubeType, selection: KubeSelection, signal: AbortSignal): Promise<KubePage> {
    return this.#call(signal, async () => {
      const { namespace, label, name, from } = selection;
      const page = await this.#objects.list(
        type.apiVersion,
        type.kind,
        namespace,
        undefined,
        undefined,
        undefined,
        name === undefined ? undefined : `metadata.name=${name}`,
        label,
        PAGE,
        from,
      );
      const next = page.metadata?._continue;
      return {
        // Within a list they do not say what they are.
        items: page.items.map((item) => ({ ...plain(item), ...type })),
        next: next === undefined || next === "" ? undefined : next,
      };
    });
  }

  create(object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const { manager } = this.#options;
    return this.#call(signal, async () =>
      plain(await this.#objects.create(loaded(object), undefined, undefined, manager)),
    );
  }

  apply(object: KubeObject, signal: AbortSignal): Promise<void> {
    const { manager } = this.#options;
    const strategy = PatchStrategy.ServerSideApply;
    return this.#call(
      signal,
      async () =>
        void (await this.#objects.patch(
          loaded(object),
          undefined,
          undefined,
          manager,
          true,
          strategy,
        )),
    );
  }

  async remove(ref: KubeRef, uid: string, signal: AbortSignal): Promise<void> {
    const body = { preconditions: { uid }, propagationPolicy: "Background" };
    try {
      await this.#call(signal, () =>
        this.#objects.delete(
          specOf(ref),
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          body,
        ),
      );
    } catch (error) {
      if (!(error instanceof ClusterError) || error.failure !== "missing") throw error;
    }
  }

  awaitEnd(name: string, uid: string, ms: number, signal: AbortSignal): Promise<void> {
    const { url, token, onCall } = this.#options;
    const agent = this.#agent;
    onCall?.("watch");
    return watchEnd({ url, token, agent }, { name, uid, ms }, signal);
  }

  issueToken(
    account: { readonly namespace: string; readonly name: string },
    secret: { readonly name: string; readonly uid: string },
    seconds: number,
    signal: AbortSignal,
  ): Promise<IssuedToken> {
    return this.#call(signal, async () => {
      const body = loaded({
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name: "" },
        spec: {
          audiences: [],
          expirationSeconds: seconds,
          boundObjectRef: { apiVersion: "v1", kind: "Secret", ...secret },
        },
      });
      const { status } = await this.#core.createNamespacedServiceAccountToken({
        ...account,
        body,
      });
      if (status === undefined) throw new ClusterError("away", "Kubernetes issued no token.");
      const { token, expirationTimestamp } = status;
      const expiresAt = new Date(expirationTimestamp).toISOString();
      return { token, expiresAt, accountUid: accountUidIn(token) };
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#signals.run(signal, work);
    } catch (error) {
      const failure = clusterErrorOf(error);
      if (failure.status === undefined) this.#options.onCall?.("none");
      throw failure;
    }
  }
}

/** The client's model of an object: what it makes of plain ones is not what was meant. */
// oxlint-disable-next-line typescript/no-explicit-any -- which model it is depends on the object
function loaded(object: object): any {
  return loadYaml<KubernetesObject>(JSON.stringify(object));
}

function specOf({ apiVersion, kind, name, namespace }: KubeRef) {
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** The token says whose it is; the API server that signed it has just said so, too. */
function accountUidIn(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
    "kubernetes.io"?: { serviceaccount?: { uid?: string } };
  };
  const uid = claims["kubernetes.io"]?.serviceaccount?.uid;
  if (uid === undefined) throw new ClusterError("invalid", "Kubernetes issued an odd token.");
  return uid;
}
