import { describeEventBus } from '@kb-labs/conformance';
import type { EventBusSetup, JoinedEventBuses } from '@kb-labs/conformance';
import type { EventTransport } from '@kb-labs/contracts';
import { afterAll, beforeAll } from 'vitest';
import { createEventBus, createMemoryTransport, createPluginBuses } from '../src/index.js';
import { startHub } from './socket-transport.js';
import type { EventHub } from './socket-transport.js';

let hub: EventHub | undefined;
let rooms = 0;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

describeEventBus('of one process', (setup) => createEventBus(setup), {
  pluginBuses: (setup) => createPluginBuses(setup),
});

describeEventBus('of two that share a transport in memory', (setup) => {
  const transport = createMemoryTransport();
  return join(setup, [transport, transport]);
});

describeEventBus(
  'of two that another process joins over a socket',
  async (setup) => {
    const room = `room ${rooms++}`;
    return join(setup, [await connect(room), await connect(room)]);
  },
  { pluginBuses: async (setup) => createPluginBuses({ ...setup, transport: await connect(`room ${rooms++}`) }) },
);

async function connect(room: string): Promise<EventTransport> {
  if (hub === undefined) throw new Error('the hub has not started');
  return hub.connect(room);
}

function join(setup: EventBusSetup, transports: readonly [EventTransport, EventTransport]): JoinedEventBuses {
  const [near, far] = transports.map((transport) => createEventBus({ ...setup, transport }));
  if (near === undefined || far === undefined) throw new Error('two transports were given');
  return {
    near,
    far,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([near[Symbol.asyncDispose](), far[Symbol.asyncDispose]()]);
      await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()));
    },
  };
}
