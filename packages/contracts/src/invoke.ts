/** A handler of another plugin, and what it is to be given. */
export interface InvokeRequest {
  /** `@id@range:handler`, such as `@acme/report@^1:render`. Without a range the highest version is taken. */
  readonly target: string;
  readonly input?: unknown;
  /** Milliseconds. Can only shorten what is left of the caller's time. */
  readonly timeoutMs?: number;
}

/** A target that was parsed: whom it names, and what of it. */
export interface InvokeTarget {
  readonly pluginId: string;
  /** Semver range; `*` where none was written. */
  readonly range: string;
  readonly handler: string;
}

/** Leads the run of another plugin on behalf of a guest. Rejects with a `PluginError` of the code with which that run failed. */
export interface InvokePort {
  invoke(call: InvokeCall): Promise<unknown>;
}

/** One admitted invocation. */
export interface InvokeCall {
  readonly target: InvokeTarget;
  readonly input: unknown;
  readonly timeoutMs: number | undefined;
  /** The span of the host call, which the spans of the other run hang from. */
  readonly parentSpanId: string | undefined;
  readonly signal: AbortSignal;
}
