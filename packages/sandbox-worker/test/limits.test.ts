import { Worker } from 'node:worker_threads';
import { workerSandbox } from '@kb-labs/sandbox-worker';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { pickCpuMeter } from '../src/cpu-meter.js';
import { createThreadCount } from '../src/thread-count.js';
import { codeOf, makePlugin, planFor, runBody, valueOf } from './worker-scene.js';

const adapter = workerSandbox();
afterAll(() => adapter[Symbol.asyncDispose]());

// One allocation beyond V8's own limit ends the process, this test with it.
const HOARDS: Readonly<Record<string, string>> = {
  'one array of 256 MiB': 'new Array(32 * 1024 * 1024 - 1).fill(0.5)',
  'thirty million objects at once': 'Array.from({ length: 3e7 }, (_, index) => ({ index }))',
  'a map that grows': 'const kept = new Map(); for (let index = 0; ; index += 1) kept.set(index, {});',
  'texts of one array, joined again and again':
    "const words = new Array(5e6).fill('abcdefghijklmnopqrst'); const kept = []; for (;;) kept.push(words.join(''));",
  'a text parsed to fourteen times its size': "JSON.parse('[' + '[],'.repeat(2e6) + '1]')",
  'buffers that are kept': 'const kept = []; for (;;) kept.push(Buffer.alloc(1_048_576, 1));',
};

describe('the memory of a thread', { timeout: 60_000 }, () => {
  // Not what is tried here: a machine that is busy with other work takes long to touch so much memory.
  const unhurried = { limits: { timeoutMs: 50_000, cpuMs: 50_000 } };

  it.each(Object.entries(HOARDS))('ends at its limit, and its host does not: %s', async (_, hoard) => {
    const body = `globalThis.kept = (() => { ${hoard.includes('kept') ? hoard : `return ${hoard};`} })(); await new Promise(() => setInterval(() => {}, 100));`;
    expect(codeOf(await runBody(adapter, body, unhurried))).toBe('ERR_MEMORY_EXCEEDED');
  });

  it('may be used up to its limit, and what is dropped does not count for long', async () => {
    const body = `
      let kept = [];
      for (let round = 0; round < 100; round += 1) { kept = Array.from({ length: 2e5 }, (_, index) => index + 0.5); Buffer.alloc(1_048_576, 1); await null; }
      return kept.length;`;
    expect(valueOf(await runBody(adapter, body, unhurried))).toBe(200_000);
  });

  it('is told to the host', async () => {
    const body = `globalThis.kept = Buffer.alloc(20_000_000, 1); const end = Date.now() + 100; while (Date.now() < end); return 1;`;
    const { outcome } = await runBody(adapter, body);
    expect(outcome.usage.peakMemoryBytes).toBeGreaterThan(15_000_000);
    expect(outcome.usage.peakMemoryBytes).toBeLessThan(60_000_000);
  });
});

describe('the time of a thread', () => {
  it('is told to the host, and ends at its limit', async () => {
    const spin = (turns: string): string =>
      `let sum = 0; for (let turn = 0; turn < ${turns}; turn += 1) sum += turn % 7; return sum;`;
    const { outcome } = await runBody(adapter, spin('2e8'));
    expect(outcome.usage.cpuMs).toBeGreaterThan(50);
    expect(codeOf(await runBody(adapter, spin('Infinity'), { limits: { cpuMs: 100 } }))).toBe('ERR_CPU_EXCEEDED');
  });

  it.skipIf(!('cpuUsage' in Worker.prototype)).each(['linux', 'darwin'] as const)(
    'is read while it computes, as on %s (not run where a thread cannot be asked: Node 24.6)',
    async (platform) => {
      const meter = pickCpuMeter(platform);
      const code =
        "const fs = require('fs'); require('worker_threads').parentPort.postMessage(Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))); for (;;);";
      const worker = new Worker(code, { eval: true });
      const tid = await new Promise<number>((resolve) => void worker.once('message', resolve));
      const read = meter?.open({ worker, tid });
      await vi.waitFor(() => expect(read?.()).toBeGreaterThan(200), { timeout: 10_000, interval: 5 });
      await worker.terminate();
    },
  );

  it("is nobody's to read where neither the kernel nor Node tells it", () => {
    const own = Object.getOwnPropertyDescriptor(Worker.prototype, 'cpuUsage');
    Reflect.deleteProperty(Worker.prototype, 'cpuUsage');
    expect(pickCpuMeter('darwin')).toBeUndefined();
    if (own !== undefined) Object.defineProperty(Worker.prototype, 'cpuUsage', own);
  });

  it('is over for its host within a second and a half, even inside a function that nothing interrupts', async () => {
    const before = ports();
    const lone = workerSandbox();
    const body = "(await import('node:crypto')).pbkdf2Sync('a', 'b', 8e6, 64, 'sha512');";
    const begun = performance.now();
    expect(codeOf(await runBody(lone, body, { limits: { timeoutMs: 100 } }))).toBe('ERR_TIMEOUT');
    expect(performance.now() - begun).toBeLessThan(3_000);
    await lone[Symbol.asyncDispose]();
    // The thread is still there, and goes when the function returns.
    expect(ports()).toBeGreaterThan(before);
    await vi.waitFor(() => expect(ports()).toBe(before), { timeout: 50_000, interval: 10 });
  }, 60_000);

  it('is refused where too many threads are left behind, until they end', async () => {
    const threads = createThreadCount();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    for (let left = 0; left < 8; left += 1) {
      expect(() => threads.assertRoom()).not.toThrow();
      threads.leave(ended);
    }
    expect(() => threads.assertRoom()).toThrow(expect.objectContaining({ code: 'ERR_SANDBOX_CRASHED' }));
    resolve();
    await ended;
    expect(() => threads.assertRoom()).not.toThrow();
  });

  it('begins when it is ready: a start may take its time, and no longer', async () => {
    using plugin = makePlugin({ 'main.mjs': '' });
    const impatient = planFor(plugin.root, { limits: { startTimeoutMs: 1 } });
    await expect(adapter.acquire(impatient)).rejects.toMatchObject({ code: 'ERR_START_TIMEOUT' });
  });
});

function ports(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
}
