import { createError } from '@kb-labs/contracts';
import type { DeliveredEvent, EventEnvelope, SandboxHost } from '@kb-labs/contracts';

/** Answers the calls of `ctx.events`, for one guest. */
export interface EventHost {
  readonly answer: SandboxHost['call'];
  /** Names of the calls, in order. */
  readonly heard: readonly string[];
  /** Subscriptions that are open. */
  readonly open: ReadonlyMap<number, string>;
}

const MOST_AT_ONCE = 64;

/** Makes a host that delivers what a guest publishes to what it subscribed to: by the topic itself, or all below it (`a.*`). */
export function createEventHost(): EventHost {
  const heard: string[] = [];
  const open = new Map<number, string>();
  const queue: DeliveredEvent[] = [];
  let asked: PromiseWithResolvers<readonly DeliveredEvent[]> | undefined;
  let subscriptions = 0;
  let events = 0;

  const flush = (): void => {
    if (asked === undefined || queue.length === 0) return;
    asked.resolve(queue.splice(0, MOST_AT_ONCE));
    asked = undefined;
  };
  const publish = (topic: string, payload: unknown): unknown => {
    events += 1;
    const event = envelopeOf(topic, payload, events);
    for (const [subscription, pattern] of open) if (matches(pattern, topic)) queue.push({ subscription, event });
    flush();
    return { id: event.id, duplicate: false };
  };
  const next = (signal: AbortSignal): Promise<readonly DeliveredEvent[]> => {
    if (asked !== undefined) throw createError('ERR_PROTOCOL', 'events are asked for twice at once');
    asked = Promise.withResolvers();
    const { promise, reject } = asked;
    signal.addEventListener('abort', () => reject(signal.reason));
    flush();
    return promise;
  };
  return {
    heard,
    open,
    async answer(name, args, signal) {
      heard.push(name);
      if (name === 'events.next') return await next(signal);
      const [first, second] = args;
      if (name === 'events.publish') return publish(String(first), second);
      if (name === 'events.unsubscribe') return open.delete(Number(first));
      if (name !== 'events.subscribe') throw createError('ERR_INTERNAL', `${name} is not answered`);
      subscriptions += 1;
      open.set(subscriptions, String(first));
      return subscriptions;
    },
  };
}

function matches(pattern: string, topic: string): boolean {
  return pattern.endsWith('.*') ? topic.startsWith(pattern.slice(0, -1)) : pattern === topic;
}

function envelopeOf(topic: string, payload: unknown, count: number): EventEnvelope {
  const sender = { kind: 'plugin', pluginId: 'conformance', executionId: 'conformance', traceId: 'trace' } as const;
  return { id: `event-${count}`, topic, scope: 'execution', time: count, sender, payload };
}
