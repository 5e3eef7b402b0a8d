import { EventEmitter } from 'node:events';
import type { EventBus, EventEnvelope, EventListener, EventPort, EventReceipt, EventStream } from '@kb-labs/contracts';

/** A bus as one writes it in an afternoon, with the faults that such buses have. */
export function carelessBus(): EventBus {
  const emitter = new EventEmitter().setMaxListeners(0);
  const sent = new Map<string, string>();
  let next = 0;
  const port: EventPort = {
    async publish(topic, payload, options): Promise<EventReceipt> {
      // Equal payloads are taken for one event.
      const key = JSON.stringify([topic, payload]);
      const known = sent.get(key);
      if (known !== undefined) return { id: known, duplicate: true };
      const id = String(next++);
      sent.set(key, id);
      // What the publisher writes overwrites the stamps, nobody is asked, and a listener that throws stops all after it.
      const stamps = { id, topic, scope: 'execution', time: Date.now(), sender: { kind: 'host' } };
      emitter.emit('event', { ...stamps, payload, ...options });
      return { id, duplicate: false };
    },
    subscribe: (_, listener) => listen(emitter, listener),
    stream: (): EventStream => {
      throw new Error('there are no streams');
    },
    // The first event ends the wait, whether it fits or not.
    waitFor: (_, { predicate = () => true } = {}) =>
      new Promise((resolve) => {
        emitter.once('event', (event: EventEnvelope) => {
          if (predicate(event)) resolve(event);
        });
      }),
    [Symbol.asyncDispose]: async () => void emitter.removeAllListeners(),
  };
  return { openPort: () => port, openHostPort: () => port, [Symbol.asyncDispose]: port[Symbol.asyncDispose] };
}

function listen(emitter: EventEmitter, listener: EventListener): ReturnType<EventPort['subscribe']> {
  emitter.on('event', listener);
  return { dropped: 0, waiting: 0, [Symbol.dispose]: () => void emitter.off('event', listener) };
}
