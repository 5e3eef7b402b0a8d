import type { PluginError, SandboxHost, SandboxOutcome, SandboxUsage } from '@kb-labs/contracts';
import type { DirectPort } from './direct-port.js';

/** What a run in this process is known to have used: memory and processor are those of the host. */
export function usageOf(
  { outputBytes }: Pick<DirectPort, 'outputBytes'>,
  resultBytes: number,
  leaked: readonly string[],
): SandboxUsage {
  return { cpuMs: undefined, peakMemoryBytes: undefined, outputBytes, resultBytes, leaked };
}

/** How a run ends that has no verdict of its handler. */
export function failedWith(error: PluginError, usage: SandboxUsage): SandboxOutcome {
  return { ok: false, error, guestError: undefined, phase: 'handler', usage };
}

/** Tells in the logs and in the receipt of a run that built-in objects changed while it was under way. */
export function tainted(outcome: SandboxOutcome, changed: string, host: SandboxHost): SandboxOutcome {
  const text = `built-in objects of the host changed during this run: ${changed}`;
  host.note({ kind: 'log', level: 'error', source: 'sandbox', text, fields: { tainted: true } });
  const leaked = [...outcome.usage.leaked, `changed built-ins: ${changed}`];
  return { ...outcome, usage: { ...outcome.usage, leaked } };
}
