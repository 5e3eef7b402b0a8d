import type { SandboxPlan } from '@kb-labs/contracts';
import { createSession } from '@kb-labs/sandbox/wire';
import type { Session } from '@kb-labs/sandbox/wire';
import { startThread } from './guest-thread.js';
import type { ThreadCount } from './thread-count.js';
import { createThreadWatch } from './thread-watch.js';

/** A plan, and the real paths of the folders that its plugin may load code from. */
export interface PlaceOptions {
  readonly plan: SandboxPlan;
  readonly roots: readonly string[];
  readonly threads: ThreadCount;
}

/** Starts a thread and waits until it is ready. Throws as `SandboxAdapter.acquire` does, with nothing left behind. */
export async function openPlace({ plan, roots, threads }: PlaceOptions): Promise<Session> {
  const thread = startThread({ roots, limits: plan.limits, threads });
  const watch = createThreadWatch(thread, plan.limits);
  const session = createSession({
    plan,
    transport: thread.transport,
    stays: false,
    lifeline: {
      // A thread has no signals: the session's abort is all the asking there is.
      terminate: () => undefined,
      async quit() {
        thread.kill();
        await thread.gone;
      },
      gone: thread.gone.finally(() => watch.stop()),
      usage: () => watch.usage(),
    },
  });
  thread.onOutput((source, text) => session.guest.raw(source, text));
  thread.onForgery((error) => session.guest.fail(error));
  await session.start();
  // A thread that ends meanwhile never answers; the run then fails with the way that it ended.
  await Promise.race([watch.begin((error) => session.guest.fail(error)), thread.gone]);
  return session;
}
