/** Who an event is about. Stamped by the host; nothing here comes from the guest. */
export interface EventStamp {
  readonly executionId: string;
  /** 32 lower-case hex digits (W3C trace context), the same for all that one request set off. */
  readonly traceId: string;
  /** The span of this execution: 16 lower-case hex digits. */
  readonly spanId: string;
  /** The span it hangs from: of the caller's `traceparent`, or of the host call that invoked it. */
  readonly parentSpanId: string | undefined;
  readonly pluginId: string;
  /** Counts up by one in each execution. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}
