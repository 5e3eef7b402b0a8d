import { pathToFileURL } from 'node:url';
import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import type { Confinement, Firmness, Sandbox, SandboxAdapter, SandboxCall, SandboxOutcome } from '@kb-labs/contracts';

type Run = Sandbox['run'];

/** Claims what it is told to claim, and keeps nothing. */
export function lyingSandbox(claimed: Partial<Record<Confinement, Firmness>>, run: Run = runHere): SandboxAdapter {
  const firmness = { ...forAll<Firmness>('none'), ...claimed };
  return {
    name: 'liar',
    confines: () => Promise.resolve(firmness),
    acquire: () =>
      Promise.resolve({
        confinement: { adapter: 'liar', firmness, by: forAll('its word') },
        coldStart: true,
        run,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function forAll<Value>(value: Value): Record<Confinement, Value> {
  // Object.fromEntries forgets which keys it was given; CONFINEMENTS holds each of them.
  return Object.fromEntries(CONFINEMENTS.map((name) => [name, value])) as Record<Confinement, Value>;
}

const usage = { cpuMs: undefined, peakMemoryBytes: undefined, outputBytes: 0, resultBytes: 0, leaked: [] };

/** Runs the handler in this very process, with nothing between the two: no copies, no bounds, no context. */
export async function runHere({ handler, input }: SandboxCall): Promise<SandboxOutcome> {
  try {
    const namespace: Record<string, unknown> = await import(pathToFileURL(handler.file).href);
    const exported = namespace[handler.export];
    const value: unknown = typeof exported === 'function' ? await exported(input, {}) : undefined;
    return { ok: true, value, usage };
  } catch {
    const error = createError('ERR_HANDLER_FAILED', 'it failed');
    return { ok: false, error, guestError: undefined, phase: 'handler', usage };
  }
}

/** Says that all went well, and runs nothing. */
export function runNothing(): Promise<SandboxOutcome> {
  return Promise.resolve({ ok: true, value: undefined, usage });
}
