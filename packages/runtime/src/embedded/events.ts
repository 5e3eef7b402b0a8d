import type { EventBus, EventPort, EventPortOptions } from '@kb-labs/contracts';
import { createEventBus } from '@kb-labs/events';
import type { EventOutlet } from '../rooms.js';

/** The bus of the host, or one of the runtime's own that is made when a plugin first asks for it. */
export interface EmbeddedEvents extends EventOutlet, AsyncDisposable {}

/** Ports to one bus for all runs that are real, and to a bus of its own for each that is a dry run. */
export function embeddedEvents(given: EventBus | undefined): EmbeddedEvents {
  let own: EventBus | undefined;
  const shared = (): EventBus => given ?? (own ??= createEventBus());
  return {
    open(options, dryRun) {
      if (!dryRun) return shared().openPort(options);
      return openAlone(options);
    },
    async [Symbol.asyncDispose]() {
      await own?.[Symbol.asyncDispose]();
    },
  };
}

/** A port to a bus that nobody else has: what is published there is heard by this one alone. */
function openAlone(options: EventPortOptions): EventPort {
  const bus = createEventBus();
  const port = bus.openPort(options);
  return {
    publish: (topic, payload, given) => port.publish(topic, payload, given),
    subscribe: (pattern, listener, given) => port.subscribe(pattern, listener, given),
    stream: (pattern, given) => port.stream(pattern, given),
    waitFor: (pattern, given) => port.waitFor(pattern, given),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}
