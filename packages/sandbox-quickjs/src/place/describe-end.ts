import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits } from '@kb-labs/contracts';
import { OWN_MEMORY_BYTES } from '../thread-facts.js';
import type { GuestThread, ThreadExit } from './guest-thread.js';

const BYTES_PER_MIB = 1_048_576;

/** What the guest has used, in the units of a receipt. */
export function usageOf(thread: GuestThread): { readonly cpuMs: number; readonly peakMemoryBytes: number } {
  const { cpuMs, memoryBytes } = thread.usage();
  return { cpuMs: Math.round(cpuMs * 1_000) / 1_000, peakMemoryBytes: Math.max(0, memoryBytes - OWN_MEMORY_BYTES) };
}

/** What the end of a thread means that nobody told to end. */
export function describeEnd(exit: ThreadExit, limits: SandboxLimits, thread: GuestThread): PluginError {
  switch (exit.ended) {
    case 'memory':
      return memoryExceeded(limits);
    case 'cpu':
      return cpuExceeded(thread.usage().cpuMs, limits);
    case 'time':
      return createError('ERR_TIMEOUT', `the handler ran longer than ${limits.timeoutMs} ms`, {
        details: { limitMs: limits.timeoutMs },
      });
    case 'stack':
      return createError('ERR_HANDLER_FAILED', 'the handler failed: it went deeper than the stack of the interpreter');
    case 'protocol':
      return createError('ERR_PROTOCOL', `the guest broke the protocol: ${exit.text}`);
    case 'crashed':
    case 'stopped':
    case undefined:
      return createError('ERR_SANDBOX_CRASHED', 'the interpreter ended before it had a result', {
        details: { reason: exit.text.slice(0, 500) },
      });
    default:
      return exit.ended satisfies never;
  }
}

/** The error of a guest that wanted more memory than there is for it. */
function memoryExceeded({ memoryMb }: SandboxLimits): PluginError {
  return createError('ERR_MEMORY_EXCEEDED', `the guest wanted more than the ${memoryMb} MiB that it may hold`, {
    details: { quota: 'memoryMb', used: memoryMb, limit: memoryMb },
    hint: 'hold less at a time, or raise quotas.memoryMb in the grant, and in the manifest where there is one',
  });
}

/** The error of a guest that computed longer than it may. */
export function cpuExceeded(usedMs: number, { cpuMs }: SandboxLimits): PluginError {
  const used = Math.ceil(usedMs);
  return createError('ERR_CPU_EXCEEDED', `the guest used ${used} ms of CPU time, ${cpuMs} ms allowed`, {
    details: { quota: 'cpuMs', used, limit: cpuMs },
    hint: 'compute less in one call, or raise quotas.cpuMs in the grant, and in the manifest where there is one',
  });
}

/** The memory that an interpreter may have for this quota: what it needs itself comes on top. */
export function maxMemoryFor({ memoryMb }: SandboxLimits): number {
  return memoryMb * BYTES_PER_MIB + OWN_MEMORY_BYTES;
}
