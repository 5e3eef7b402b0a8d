import type { Clock, EventStamp, ExecutionEvent, ExecutionObserver } from '@kb-labs/contracts';
import { describeThrown } from './envelope.js';
import type { RuntimeLog } from './runtime-log.js';

type Unstamped<Event> = Event extends unknown ? Omit<Event, keyof EventStamp> : never;

/** An event as its place of origin knows it; the stamp is put on here, by the host. */
export type EventBody = Unstamped<ExecutionEvent>;

/** Who the events of one execution are about. */
export type RunIdentity = Omit<EventStamp, 'seq' | 'time'>;

/** Who is told, and where it is reported that an observer failed. */
export interface EmitterOptions {
  readonly identity: RunIdentity;
  readonly observers: readonly ExecutionObserver[];
  readonly clock: Clock;
  readonly log: RuntimeLog;
}

/**
 * Tells every observer of one execution what happens, in order and numbered from 0. An observer that throws, or returns a
 * promise that rejects, is reported to the runtime's log and nothing else. None is waited for. Nothing follows `execution-end`.
 */
export function createEmitter(options: EmitterOptions): (body: EventBody) => void {
  if (options.observers.length === 0) return tellNobody;
  const { executionId, traceId, spanId, parentSpanId, pluginId } = options.identity;
  let seq = 0;
  let ended = false;

  function report(thrown: unknown): void {
    options.log.write('error', 'observer-failed', { executionId, pluginId, error: describeThrown(thrown) });
  }

  function tell(observer: ExecutionObserver, event: ExecutionEvent): void {
    try {
      const returned: unknown = observer.observe(event);
      if (returned !== undefined) Promise.resolve(returned).then(undefined, report);
    } catch (thrown) {
      report(thrown);
    }
  }

  return (body) => {
    // A guest that talks on has nobody to hear it: the end of an execution is its last event.
    if (ended) return;
    ended = body.type === 'execution-end';
    const event: ExecutionEvent = Object.freeze({
      ...body,
      executionId,
      traceId,
      spanId,
      parentSpanId,
      pluginId,
      seq: seq++,
      time: options.clock.now(),
    });
    for (const observer of options.observers) tell(observer, event);
  };
}

function tellNobody(): void {
  // Without observers an event is nothing.
}
