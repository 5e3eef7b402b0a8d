import { Worker } from 'node:worker_threads';
import { createError } from '@kb-labs/contracts';
import type { ConfinementTable, PluginError, SandboxAdapter, SandboxPlan } from '@kb-labs/contracts';
import { createSession } from '@kb-labs/sandbox/wire';
import type { Session } from '@kb-labs/sandbox/wire';

// A thread shares its host's environment, files and signals. All that it cannot do, unless it means to, is outlast its time.
const no = 'none';
const nothing = { crash: no, cpu: no, memory: no, env: no, fs: no, net: no, process: no } as const;
const firmness: ConfinementTable = { ...nothing, time: 'guard' };
const by = { ...nothing, time: 'worker.terminate()' };

/** Runs each handler in a thread of its own: for code that is trusted, and may hang. */
export function workerSandbox(): SandboxAdapter {
  const workers = new Set<Worker>();
  return {
    name: 'worker',
    confines: () => Promise.resolve(firmness),
    async acquire(plan) {
      const { start, run, dispose } = openSession(plan, workers);
      await start();
      const confinement = { adapter: 'worker', firmness, by };
      return { confinement, coldStart: true, run, [Symbol.asyncDispose]: dispose };
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([...workers].map((worker) => worker.terminate()))),
  };
}

function openSession(plan: SandboxPlan, workers: Set<Worker>): Session {
  const worker = new Worker(new URL('worker-adapter.guest.ts', import.meta.url), { env: plan.env, execArgv: [] });
  const kill = (): void => void worker.terminate();
  const quit = async (): Promise<void> => void (await worker.terminate());
  const send = (frame: Uint8Array): void => worker.postMessage(frame);
  const pendingBytes = (): number => 0;
  const gone = new Promise<PluginError>((resolve) => {
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', (code) =>
      resolve(createError('ERR_SANDBOX_CRASHED', `the thread ended with ${code}`, { cause })),
    );
  });
  workers.add(worker);
  void gone.then(() => workers.delete(worker));
  return createSession({
    plan,
    transport: { send, sendsViews: false, receive: (take) => worker.on('message', take), pendingBytes, close: kill },
    stays: false,
    lifeline: { terminate: kill, quit, gone, usage: () => ({ cpuMs: undefined, peakMemoryBytes: undefined }) },
  });
}
