import type { Sandbox, SandboxAdapter, SandboxPlan } from '@kb-labs/contracts';
import { inProcessSandbox } from '../src/index.js';

/** The in-process adapter, with parts that a test replaces. */
export function adapterWith(parts: Partial<SandboxAdapter>): SandboxAdapter {
  const inner = inProcessSandbox();
  return {
    name: 'custom',
    confines: () => inner.confines(),
    acquire: (plan) => inner.acquire(plan),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...parts,
  };
}

/** A place of the in-process adapter, with parts that a test replaces. */
export async function placeWith(plan: SandboxPlan, parts: Partial<Sandbox>): Promise<Sandbox> {
  const place = await inProcessSandbox().acquire(plan);
  return {
    confinement: place.confinement,
    coldStart: place.coldStart,
    run: (call, host) => place.run(call, host),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    ...parts,
  };
}

/** For adapters that break their promise. */
export function unchecked<T>(value: unknown): T {
  return value as T;
}
