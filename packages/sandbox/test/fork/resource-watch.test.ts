import { readdirSync, readFileSync } from 'node:fs';
import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { isAlive, makePlugin, planFor, runBody, runOnce, ways } from './fork-scene.js';

/** The processes of this user whose command line names a folder. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) && isAlive(Number(pid));
      } catch {
        // It ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

const SPIN = "process.on('SIGTERM', () => {}); for (;;);";
const hold = (make: string): string =>
  `const kept = []; for (;;) { kept.push(${make}); await new Promise(setImmediate); }`;

/** The kernel needs a moment to clear away what was killed. */
const poll = { timeout: 10_000, interval: 2 };

const memoryExceeded = {
  code: 'ERR_MEMORY_EXCEEDED',
  details: { quota: 'memoryMb', used: expect.any(Number), limit: 64 },
};

describe.skipIf(process.platform !== 'linux').each(ways)('the limits of a guest, wall: $way', ({ way }) => {
  // What is counted here are the guests of runs.
  const adapter = forkSandbox({ wall: way, spares: 0 });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it.each<[string, string, object]>([
    ['the heap', hold('new Array(1e6).fill({})'), memoryExceeded],
    ['the heap at once', 'const kept = []; for (;;) kept.push(new Array(1e6).fill(0.5));', memoryExceeded],
    ['buffers', hold('Buffer.alloc(8e6, 1)'), memoryExceeded],
    ['wasm', hold('new Uint8Array(new WebAssembly.Memory({ initial: 128 }).buffer).fill(1)'), memoryExceeded],
    [
      'the processor',
      'for (;;);',
      { code: 'ERR_CPU_EXCEEDED', details: { quota: 'cpuMs', used: expect.any(Number), limit: 150 } },
    ],
    [
      'the processor, in the thread pool',
      "const { pbkdf2 } = await import('node:crypto'); for (;;) await Promise.all(Array.from({ length: 4 }, () => new Promise((done) => pbkdf2('a', 'b', 1e5, 64, 'sha512', done))))",
      { code: 'ERR_CPU_EXCEEDED' },
    ],
  ])('end what fills %s', { timeout: 70_000 }, async (what, body, error) => {
    // Where the machine has other work, the guest gets little of a processor: its time by the clock is not what ends it here.
    const { outcome } = await runBody(adapter, body, {
      limits: { memoryMb: 64, cpuMs: what === 'the processor' ? 150 : 3_000, timeoutMs: 60_000 },
    });
    expect(outcome).toMatchObject({ ok: false, error });
  });

  it('end what takes too long and will not hear of it, and leave nothing', async () => {
    using plugin = makePlugin({ 'main.mjs': `export async function handle() { ${SPIN} }` });
    const begun = performance.now();
    const { outcome } = await runOnce(adapter, plugin.root, { limits: { timeoutMs: 150, graceMs: 50 } });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
    // Far below what else could end it: the test scene gives a run 10 s.
    expect(performance.now() - begun).toBeLessThan(8_000);
    await expect.poll(() => processesOf(plugin.root), poll).toEqual([]);
  });

  it('end what stopped itself', async () => {
    const body =
      "const { signal } = ctx; process.getBuiltinModule('node:child_process'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";
    const { outcome } = await runBody(adapter, body, { limits: { timeoutMs: 150 } });
    expect(outcome).toMatchObject({ error: { code: 'ERR_TIMEOUT' } });
  });

  it('let a guest that is aborted clean up, and end one that will not', async () => {
    const controller = new AbortController();
    const answer = (name: string): Promise<unknown> => {
      if (name === 'test.started') controller.abort(new Error('the user left'));
      return Promise.resolve();
    };
    using plugin = makePlugin({
      'main.mjs': `export async function handle(_, ctx) {
        ctx.onCleanup(() => ctx.log.info('cleaned up'));
        void ctx.test.started();
        await new Promise((resolve) => ctx.signal.addEventListener('abort', () => { ctx.log.info(String(ctx.signal.reason.message)); resolve(); }));
      }`,
    });
    const options = { signal: controller.signal, api: ['test.started'], answer, limits: { graceMs: 1_000 } };
    const { outcome, notes } = await runOnce(adapter, plugin.root, options);
    expect(outcome).toMatchObject({ error: { code: 'ERR_ABORTED', message: 'the run was aborted: the user left' } });
    expect(notes).toMatchObject([{ text: 'the run was aborted: the user left' }, { text: 'cleaned up' }]);
    await expect.poll(() => processesOf(plugin.root), poll).toEqual([]);
  });

  it('hold for the start', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    const plan = planFor(plugin.root, { limits: { startTimeoutMs: 1 } });
    await expect(adapter.acquire(plan)).rejects.toMatchObject({ code: 'ERR_START_TIMEOUT', details: { limitMs: 1 } });
    await expect.poll(() => processesOf(plugin.root), poll).toEqual([]);
  });

  it('and an abort hold for the start as well', async () => {
    using plugin = makePlugin({ 'main.mjs': 'export const handle = () => 1;' });
    const controller = new AbortController();
    const late = adapter.acquire({ ...planFor(plugin.root), signal: controller.signal });
    setImmediate(() => controller.abort(new Error('no longer needed')));
    await expect(late).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const early = adapter.acquire({ ...planFor(plugin.root), signal: AbortSignal.abort('before') });
    await expect(early).rejects.toMatchObject({ code: 'ERR_ABORTED', message: 'the run was aborted: before' });
    await expect.poll(() => processesOf(plugin.root), poll).toEqual([]);
  });

  it('bound what is written past the channel, without filling the host', async () => {
    const body =
      "const { writeSync } = await import('node:fs'); const chunk = Buffer.alloc(1e6, 'x'); for (let index = 0; index < 300; index += 1) { try { writeSync(1, chunk); } catch (error) { if (error.code !== 'EAGAIN') throw error; index -= 1; } } return 'written'";
    const before = process.memoryUsage.rss();
    const { outcome, notes } = await runBody(adapter, body);
    expect(outcome).toMatchObject({ ok: true, value: 'written', usage: { outputBytes: 100_000 } });
    expect(notes.at(-1)).toMatchObject({ source: 'sandbox', text: 'output was cut at 100000 bytes (maxOutputBytes)' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000);
  });

  it('leave no descriptors, listeners or processes behind, whatever went wrong', async () => {
    const bodies = [
      'return 1',
      "throw new Error('x')",
      'process.exit(3)',
      "process.getBuiltinModule('node:fs').writeSync(3, 'garbage')",
      'await new Promise(() => {})',
    ];
    const count = (): object => ({
      descriptors: readdirSync('/proc/self/fd').length,
      exit: process.listenerCount('exit'),
      inspector: process.listenerCount('SIGUSR1'),
    });
    await runBody(adapter, 'return 1');
    await expect.poll(() => process.listenerCount('SIGUSR1'), poll).toBe(0);
    const before = count();
    const guests = Array.from({ length: 15 }, (_, index) =>
      runBody(adapter, bodies[index % bodies.length] ?? '', { limits: { timeoutMs: 400 } }),
    );
    await Promise.all(guests);
    await expect.poll(count, poll).toEqual(before);
  });

  it('keep SIGUSR1 from opening the inspector of the host while a guest lives, and no longer', async () => {
    // The guests of the tests before it are all gone.
    await expect.poll(() => process.listenerCount('SIGUSR1'), poll).toBe(0);
    const seen: number[] = [];
    const answer = (): Promise<unknown> => Promise.resolve(void seen.push(process.listenerCount('SIGUSR1')));
    await runBody(adapter, 'await ctx.test.look()', { api: ['test.look'], answer });
    expect(seen).toEqual([1]);
    await expect.poll(() => process.listenerCount('SIGUSR1'), poll).toBe(0);
  });
});
