import { fork } from 'node:child_process';
import { once } from 'node:events';
import { InMemoryEventBus } from 'kb-labs-published-platform/inmemory';
import { ChildIPCServer } from 'kb-labs-published-ipc';
import { childScript } from '../places.js';

/** The bus of the published KB Labs runtime, in both places that it has. */
export interface KbLabsBus extends AsyncDisposable {
  /** In the host's own memory, with one listener. */
  publishHere(count: number): Promise<void>;
  /** As a plugin has it: from a child, over its channel, to a listener in the host. */
  publishFromChild(count: number): Promise<void>;
}

/** Boots the child. */
export async function openKbLabsBus(onEvent: () => void): Promise<KbLabsBus> {
  const eventBus = new InMemoryEventBus();
  eventBus.subscribe('report.done', async () => onEvent());
  const child = fork(childScript('kb-labs-bus.mjs'), { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const platform = { eventBus } as unknown as ConstructorParameters<typeof ChildIPCServer>[0];
  const server = new ChildIPCServer(platform, child);
  await once(child, 'message');
  server.start();
  return {
    async publishHere(count) {
      for (let index = 0; index < count; index += 1) await eventBus.publish('report.done', { pages: index });
    },
    async publishFromChild(count) {
      const done = untilPublished(child);
      child.send({ publish: count });
      await done;
    },
    async [Symbol.asyncDispose]() {
      server.stop();
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

function untilPublished(child: ReturnType<typeof fork>): Promise<void> {
  return new Promise((resolve) => {
    const look = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('published' in message)) return;
      child.off('message', look);
      resolve();
    };
    child.on('message', look);
  });
}
