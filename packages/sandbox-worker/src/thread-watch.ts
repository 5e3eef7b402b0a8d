import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits, SandboxUsage } from '@kb-labs/contracts';
import { pickCpuMeter } from './cpu-meter.js';
import type { MeteredThread } from './cpu-meter.js';

/** Between two looks. */
const INTERVAL_MS = 20;
/** Garbage that waits to be collected counts as well, so a thread may be over its limit for this long... */
const OVER_MS = 100;
/** ...unless it is this many times over. */
const FAR_OVER = 4;
const BYTES_PER_MIB = 1_048_576;

/** A look at a thread every 20 ms. What it used before `begin` does not count. */
export interface ThreadWatch {
  /** Resolves when the first look has been taken. `onExceeded` comes at most once. */
  begin(onExceeded: (error: PluginError) => void): Promise<void>;
  /** What was used since: CPU time up to now, memory up to the last look. */
  usage(): Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;
  stop(): void;
}

/** Watches memory and CPU time of a thread from outside. */
export function createThreadWatch(thread: MeteredThread, limits: SandboxLimits): ThreadWatch {
  const memory = createMemoryWatch(thread, limits);
  let readCpu: (() => number | undefined) | undefined;
  let baseMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  const cpuMs = (): number | undefined => {
    const now = readCpu?.();
    return now === undefined ? undefined : now - baseMs;
  };
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
  };
  return {
    async begin(onExceeded) {
      const end = (error: PluginError | undefined): void => {
        if (error === undefined || isOver) return;
        stop();
        onExceeded(error);
      };
      readCpu = pickCpuMeter(process.platform)?.open(thread);
      baseMs = readCpu?.() ?? 0;
      await memory.look();
      if (isOver) return;
      timer = setInterval(() => {
        end(judgeCpu(cpuMs(), limits));
        void memory.look().then(end);
      }, INTERVAL_MS);
      timer.unref();
    },
    usage: () => ({ cpuMs: cpuMs(), peakMemoryBytes: memory.peakBytes() }),
    stop,
  };
}

interface MemoryWatch {
  /** Begins with the first look. A look that finds too much answers with the error. */
  look(): Promise<PluginError | undefined>;
  peakBytes(): number | undefined;
}

function createMemoryWatch(thread: MeteredThread, limits: SandboxLimits): MemoryWatch {
  const judge = createMemoryJudge(limits);
  let baseBytes: number | undefined;
  let peakBytes: number | undefined;
  let isLooking = false;
  return {
    async look() {
      // A thread in a native function answers when it comes out of it.
      if (isLooking) return undefined;
      isLooking = true;
      const now = await readHeldBytes(thread);
      isLooking = false;
      if (now === undefined) return undefined;
      baseBytes ??= now;
      peakBytes = Math.max(now - baseBytes, peakBytes ?? 0);
      return judge(now - baseBytes);
    },
    peakBytes: () => peakBytes,
  };
}

/**
 * Objects, and what they hold outside of the heap: buffers and long texts. V8 does not count all: not memories of wasm
 * in Node 26, not what resized buffers grow by in Node 22. `undefined` where the thread has ended.
 */
async function readHeldBytes({ worker }: MeteredThread): Promise<number | undefined> {
  try {
    const { used_heap_size: heap, external_memory: outside } = await worker.getHeapStatistics();
    return heap + outside;
  } catch {
    // There is nothing to hold any more.
    return undefined;
  }
}

function judgeCpu(used: number | undefined, { cpuMs: limit }: SandboxLimits): PluginError | undefined {
  if (used === undefined || used <= limit) return undefined;
  const details = { quota: 'cpuMs', used, limit };
  const hint = 'compute less in one call, or raise quotas.cpuMs in the grant, and in the manifest where there is one';
  return createError('ERR_CPU_EXCEEDED', `the guest used ${used} ms of CPU time, ${limit} ms allowed`, {
    details,
    hint,
  });
}

function createMemoryJudge(limits: SandboxLimits): (heldBytes: number) => PluginError | undefined {
  const limitBytes = limits.memoryMb * BYTES_PER_MIB;
  let overSince: number | undefined;
  return (heldBytes) => {
    if (heldBytes <= limitBytes) {
      overSince = undefined;
      return undefined;
    }
    const now = performance.now();
    overSince ??= now;
    if (now - overSince < OVER_MS && heldBytes <= FAR_OVER * limitBytes) return undefined;
    const used = Math.ceil(heldBytes / BYTES_PER_MIB);
    return memoryExceeded(`the guest held ${used} MiB, ${limits.memoryMb} MiB allowed`, used, limits);
  };
}

/** The error of a guest whose V8 gave up before the watch had seen it. */
export function heapExhausted(limits: SandboxLimits): PluginError {
  return memoryExceeded(
    `the guest filled its heap far beyond ${limits.memoryMb} MiB`,
    FAR_OVER * limits.memoryMb,
    limits,
  );
}

function memoryExceeded(message: string, used: number, limits: SandboxLimits): PluginError {
  const details = { quota: 'memoryMb', used, limit: limits.memoryMb };
  const hint = 'hold less at a time, or raise quotas.memoryMb in the grant, and in the manifest where there is one';
  return createError('ERR_MEMORY_EXCEEDED', message, { details, hint });
}
