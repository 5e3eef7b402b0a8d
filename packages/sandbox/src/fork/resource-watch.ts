import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits, SandboxUsage } from '@kb-labs/contracts';
import { sampleProcess } from './process-sample.js';
import type { ProcessSample } from './process-sample.js';

/** Between two looks. A guest that fills memory as fast as it can gets about 10 MiB further in this time. */
const INTERVAL_MS = 20;
const BYTES_PER_MIB = 1_048_576;

/** A look at a process every 20 ms. Between two looks it sees nothing but the peak that the kernel keeps. */
export interface ResourceWatch {
  /** Looks once more and tells what was used since the watch began. */
  usage(): Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;
  stop(): void;
}

/** Watches memory and CPU time of a process from outside. What it used before does not count. `onExceeded` comes at most once. */
export function watchResources(
  pid: number,
  limits: SandboxLimits,
  onExceeded: (error: PluginError) => void,
): ResourceWatch {
  const base = sampleProcess(pid);
  let last = base;

  const stop = (): void => clearInterval(timer);
  const sample = (): void => {
    const next = sampleProcess(pid);
    if (next !== undefined) last = { ...next, peakBytes: Math.max(next.peakBytes, last?.peakBytes ?? 0) };
  };
  const look = (): void => {
    sample();
    if (last === undefined || base === undefined) return;
    const exceeded = compare(last, base, limits);
    if (exceeded === undefined) return;
    stop();
    onExceeded(exceeded);
  };

  const timer = setInterval(look, INTERVAL_MS);
  timer.unref();
  return {
    usage() {
      sample();
      if (base === undefined || last === undefined) return { cpuMs: undefined, peakMemoryBytes: undefined };
      return {
        cpuMs: last.cpuMs - base.cpuMs,
        peakMemoryBytes: Math.max(0, last.peakBytes - base.heldBytes),
      };
    },
    stop,
  };
}

function compare(now: ProcessSample, base: ProcessSample, limits: SandboxLimits): PluginError | undefined {
  const cpuMs = now.cpuMs - base.cpuMs;
  if (cpuMs > limits.cpuMs) {
    const details = { quota: 'cpuMs', used: cpuMs, limit: limits.cpuMs };
    const hint = 'compute less in one call, or raise quotas.cpuMs in the grant, and in the manifest where there is one';
    return createError('ERR_CPU_EXCEEDED', `the guest used ${cpuMs} ms of CPU time, ${limits.cpuMs} ms allowed`, {
      details,
      hint,
    });
  }
  const bytes = now.heldBytes - base.heldBytes;
  if (bytes <= limits.memoryMb * BYTES_PER_MIB) return undefined;
  const used = toMib(bytes);
  return memoryExceeded(`the guest held ${used} MiB, ${limits.memoryMb} MiB allowed`, used, limits);
}

/** The error of a guest whose V8 gave up: its heap was full before the resident set was. */
export function heapExhausted(peakBytes: number | undefined, limits: SandboxLimits): PluginError {
  const used = peakBytes === undefined ? limits.memoryMb : toMib(peakBytes);
  return memoryExceeded(`the guest filled its heap of ${limits.memoryMb} MiB`, used, limits);
}

/** In the unit of the quota, and never rounded down to it. */
function toMib(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_MIB);
}

function memoryExceeded(message: string, used: number, limits: SandboxLimits): PluginError {
  const details = { quota: 'memoryMb', used, limit: limits.memoryMb };
  const hint = 'hold less at a time, or raise quotas.memoryMb in the grant, and in the manifest where there is one';
  return createError('ERR_MEMORY_EXCEEDED', message, { details, hint });
}
