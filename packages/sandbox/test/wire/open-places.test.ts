import type { ConfinementReport, SandboxPlan } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { forkSandbox } from '@kb-labs/sandbox';
import { createOpenPlaces } from '../../src/wire/open-places.js';

const plan: SandboxPlan = {
  plugin: { id: 'test', version: '1.0.0', root: import.meta.dirname },
  limits: {
    timeoutMs: 10_000,
    startTimeoutMs: 10_000,
    cpuMs: 10_000,
    memoryMb: 64,
    maxOutputBytes: 65_536,
    maxResultBytes: 65_536,
    maxInFlight: 8,
    graceMs: 100,
  },
  env: {},
  policyDigest: 'test',
  isolation: { kind: 'execution' },
  signal: new AbortController().signal,
};

describe('the places of an adapter', () => {
  it('are called off where they are being opened when it is disposed of, and refused afterwards', async () => {
    const sandbox = forkSandbox({ wall: 'off' });
    const asked = Promise.allSettled([sandbox.acquire(plan)]);
    await sandbox[Symbol.asyncDispose]();
    const reason = { code: 'ERR_ABORTED', message: 'the run was aborted: the fork sandbox was disposed' };
    expect(await asked).toMatchObject([{ status: 'rejected', reason }]);
    await expect(sandbox.acquire(plan)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the fork sandbox has been disposed',
    });
  });

  it('are given back at once, and waited for when the adapter is disposed of', async () => {
    const gone = Promise.withResolvers<void>();
    const places = createOpenPlaces('test');
    const report = { adapter: 'test', firmness: {}, by: {} } as unknown as ConfinementReport;
    const place = { run: () => Promise.reject(new Error('no runs')), dispose: () => Promise.resolve() };
    const sandbox = await places.acquire(plan, () => Promise.resolve({ place, report, gone: gone.promise }));
    await sandbox[Symbol.asyncDispose]();
    let isClosed = false;
    const closed = places.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    gone.resolve();
    await closed;
  });
});
