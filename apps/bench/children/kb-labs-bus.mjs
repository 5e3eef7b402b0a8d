// A child of the published KB Labs runtime, as its plugins are: publishes events over its channel, one after the other, whenever it is told to.
import { createIPCTransport, EventBusProxy } from 'kb-labs-published-ipc';

const bus = new EventBusProxy(createIPCTransport());
process.on('message', async (message) => {
  if (message.publish === undefined) return;
  for (let index = 0; index < message.publish; index += 1) await bus.publish('report.done', { pages: index });
  process.send({ published: message.publish });
});
process.send({ ready: true });
