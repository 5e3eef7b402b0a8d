import { tmpdir } from 'node:os';
import { createExecutionBackend } from 'kb-labs-published';
import type { BackendOptions } from 'kb-labs-published';
import { PLUGIN } from '../places.js';
import type { Peer } from './peer.js';

export interface KbLabsOptions {
  readonly mode: 'in-process' | 'subprocess' | 'worker-pool';
  /** Of the worker pool. Default 2. */
  readonly workers?: number;
}

/** The published KB Labs runtime, with a host platform that has no adapters, and a handler that needs none. */
export async function openKbLabs({ mode, workers = 2 }: KbLabsOptions): Promise<Peer> {
  const platform = { logger: silentLogger(), getAdapter: () => undefined } as unknown as BackendOptions['platform'];
  const backend = createExecutionBackend({ mode, platform, workerPool: { min: workers, max: workers } });
  await backend.start?.();
  let runs = 0;
  return {
    async call(input) {
      runs += 1;
      const result = await backend.execute({
        executionId: `bench-${runs}`,
        pluginRoot: PLUGIN,
        handlerRef: './kb-labs.js',
        input,
        workspace: { type: 'local', cwd: tmpdir() },
        timeoutMs: 30_000,
        descriptor: {
          hostType: 'cli',
          hostContext: { host: 'cli', argv: [], flags: {} },
          permissions: {},
          pluginId: 'bench',
          pluginVersion: '1.0.0',
          requestId: `bench-${runs}`,
        },
      });
      if (!result.ok) throw new Error(`KB Labs ${mode}: ${result.error?.message ?? 'no result'}`);
      return result.data;
    },
    [Symbol.asyncDispose]: () => backend.shutdown(),
  };
}

interface SilentLogger extends Record<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal', () => void> {
  child(): SilentLogger;
}

function silentLogger(): SilentLogger {
  const quiet = (): void => undefined;
  const logger: SilentLogger = {
    trace: quiet,
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: quiet,
    fatal: quiet,
    child: () => logger,
  };
  return logger;
}
