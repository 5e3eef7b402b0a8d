import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxPlan } from '@kb-labs/contracts';
import { quickjsSandbox } from '@kb-labs/sandbox-quickjs';
import { describe, expect, it } from 'vitest';
import { LIMITS } from './quickjs-scene.js';

const plan: SandboxPlan = {
  plugin: { id: 'test', version: '1.0.0', root: import.meta.dirname },
  limits: LIMITS,
  env: {},
  policyDigest: 'test',
  isolation: { kind: 'execution' },
  signal: new AbortController().signal,
};

describe('a sandbox that is disposed of', () => {
  it('opens nothing any more, and says why', async () => {
    const sandbox = quickjsSandbox();
    await sandbox[Symbol.asyncDispose]();
    await expect(sandbox.acquire(plan)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'the quickjs sandbox has been disposed',
    });
  });

  it.each([0, 5, 50])('calls off what is being opened, %d ms after it was asked for', async (ms) => {
    const sandbox = quickjsSandbox();
    const asked = Array.from({ length: 3 }, () => sandbox.acquire(plan));
    const settled = Promise.allSettled(asked);
    await sleep(ms);
    await sandbox[Symbol.asyncDispose]();
    // What was open already was disposed of.
    const failed = (await settled).filter((result) => result.status === 'rejected');
    expect(failed.map(({ reason }) => reason)).toMatchObject(failed.map(() => ({ code: 'ERR_ABORTED' })));
  });

  it.runIf(process.platform === 'linux')('leaves no thread behind', async () => {
    const threads = (): number => readdirSync('/proc/self/task').length;
    const open = async (): Promise<void> => {
      const sandbox = quickjsSandbox();
      const settled = Promise.allSettled(Array.from({ length: 3 }, () => sandbox.acquire(plan)));
      await sandbox[Symbol.asyncDispose]();
      await settled;
    };
    // The first brings threads of Node's own, which stay.
    await open();
    const before = threads();
    for (let i = 0; i < 3; i += 1) await open();
    expect(threads()).toBeLessThanOrEqual(before);
  });
});
