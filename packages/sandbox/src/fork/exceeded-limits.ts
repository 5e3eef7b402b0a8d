import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits } from '@kb-labs/contracts';
import type { ProcessSample } from './process-meter.js';

const BYTES_PER_MIB = 1_048_576;

/** What a process had used at some moment. */
export type Held = Pick<ProcessSample, 'cpuMs' | 'heldBytes'>;

/** The error of a run that has used more than it may since `base`, if it has. `runs` were in its process, whose use nobody can tell apart. */
export function findExceeded(now: Held, base: Held, limits: SandboxLimits, runs: number): PluginError | undefined {
  const cpuMs = now.cpuMs - base.cpuMs;
  if (cpuMs > limits.cpuMs) {
    return createError('ERR_CPU_EXCEEDED', `the guest used ${cpuMs} ms of CPU time, ${limits.cpuMs} ms allowed`, {
      details: { quota: 'cpuMs', used: cpuMs, limit: limits.cpuMs, ...(runs > 1 && { runs }) },
      hint: hintFor('cpuMs', 'compute less in one call', runs),
    });
  }
  const bytes = now.heldBytes - base.heldBytes;
  if (bytes <= limits.memoryMb * BYTES_PER_MIB) return undefined;
  const used = toMib(bytes);
  return memoryExceeded(`the guest held ${used} MiB, ${limits.memoryMb} MiB allowed`, { used, limits, runs });
}

/** The error of a guest whose V8 gave up: its heap was full before the resident set was. */
export function heapExhausted(peakBytes: number | undefined, limits: SandboxLimits): PluginError {
  const used = peakBytes === undefined ? limits.memoryMb : toMib(peakBytes);
  return memoryExceeded(`the guest filled its heap of ${limits.memoryMb} MiB`, { used, limits, runs: 1 });
}

interface ExceededMemory {
  /** In MiB. */
  readonly used: number;
  readonly limits: SandboxLimits;
  readonly runs: number;
}

function memoryExceeded(message: string, { used, limits, runs }: ExceededMemory): PluginError {
  return createError('ERR_MEMORY_EXCEEDED', message, {
    details: { quota: 'memoryMb', used, limit: limits.memoryMb, ...(runs > 1 && { runs }) },
    hint: hintFor('memoryMb', 'hold less at a time', runs),
  });
}

function hintFor(quota: 'cpuMs' | 'memoryMb', advice: string, runs: number): string {
  const where = 'in the grant, and in the manifest where there is one';
  return runs > 1
    ? `${runs} runs were in the process: leave reentrant out of the manifest, or raise quotas.${quota} to what they need together, ${where}`
    : `${advice}, or raise quotas.${quota} ${where}`;
}

/** In the unit of the quota, and never rounded down to it. */
function toMib(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_MIB);
}
