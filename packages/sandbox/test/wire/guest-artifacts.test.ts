import { forkSandbox, inProcessSandbox } from '@kb-labs/sandbox';
import { createError } from '@kb-labs/contracts';
import type { SandboxHost } from '@kb-labs/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { runBody, valueOf } from '../fork/fork-scene.js';

const API = ['read', 'openRead', 'readChunk', 'closeRead', 'write', 'openWrite', 'writeChunk', 'closeWrite'].map(
  (name) => `artifacts.${name}`,
);

const adapters = [
  ['in-process', inProcessSandbox()],
  ['fork', forkSandbox({ wall: 'off' })],
] as const;

/** Hands out pieces without end, and takes whatever comes. */
function endless(size: number): { readonly answer: SandboxHost['call']; readonly heard: string[] } {
  const heard: string[] = [];
  const chunk = new Uint8Array(size).fill(7);
  return {
    heard,
    answer: (name, args) => {
      heard.push(args[1] === false ? `${name} false` : name);
      if (name === 'artifacts.openRead') return Promise.resolve({ id: 1, info: {} });
      return Promise.resolve(name === 'artifacts.readChunk' ? chunk : 1);
    },
  };
}

describe.each(adapters)('the artifacts of a guest, %s', (_, adapter) => {
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('that are opened and never read cost one call, and do not hold up the end', async () => {
    const { answer, heard } = endless(1_000);
    const body = "await ctx.artifacts.readStream('a'); return 'done';";
    const begun = performance.now();
    const run = await runBody(adapter, body, { api: API, answer, limits: { graceMs: 15_000 } });
    expect(valueOf(run)).toBe('done');
    expect(heard).toEqual(['artifacts.openRead']);
    expect(run.outcome.usage.leaked).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(14_000);
  });

  it('are read no faster than their reader reads, and are closed by break, cancel and abort', async () => {
    const { answer, heard } = endless(100_000);
    const body = `
      const { body } = await ctx.artifacts.readStream('a');
      for await (const piece of body) if (piece[0] === 7) break;
      const { body: second } = await ctx.artifacts.readStream('b');
      await second.cancel();
      const controller = new AbortController();
      const { body: third } = await ctx.artifacts.readStream('c', { signal: controller.signal });
      const reader = third.getReader();
      await reader.read();
      controller.abort();
      return await reader.read().catch((error) => error.name);`;
    expect(valueOf(await runBody(adapter, body, { api: API, answer }))).toBe('AbortError');
    const count = (name: string): number => heard.filter((one) => one === name).length;
    expect([count('artifacts.readChunk'), count('artifacts.closeRead')]).toEqual([2, 3]);
  });

  it('fail in the middle with the error of their host', async () => {
    let chunks = 0;
    const answer: SandboxHost['call'] = (name) => {
      if (name === 'artifacts.openRead') return Promise.resolve({ id: 1, info: {} });
      chunks += 1;
      if (chunks < 3) return Promise.resolve(new Uint8Array(10));
      return Promise.reject(createError('ERR_ARTIFACT_CORRUPT', 'it is not what was written'));
    };
    const body = `
      let bytes = 0;
      const { body } = await ctx.artifacts.readStream('a');
      try { for await (const piece of body) bytes += piece.byteLength; } catch (error) { return [bytes, error.code]; }`;
    expect(valueOf(await runBody(adapter, body, { api: API, answer }))).toEqual([20, 'ERR_ARTIFACT_CORRUPT']);
  });

  it('that are too large for one message are written piece by piece, all the same', async () => {
    const { answer, heard } = endless(0);
    const body =
      "await ctx.artifacts.write('a', new Uint8Array(9_000_000)); await ctx.artifacts.write('b', 'x'); return 1;";
    valueOf(await runBody(adapter, body, { api: API, answer }));
    const pieces = Array.from({ length: 35 }, () => 'artifacts.writeChunk');
    expect(heard).toEqual(['artifacts.openWrite', ...pieces, 'artifacts.closeWrite', 'artifacts.write']);
  });

  it('are written as they were when their source went on, also from one buffer', async () => {
    const sums: number[] = [];
    const answer: SandboxHost['call'] = (name, args) => {
      const [, chunk] = args;
      if (name === 'artifacts.writeChunk' && chunk instanceof Uint8Array)
        sums.push(chunk.reduce((sum, byte) => sum + byte, 0));
      return Promise.resolve(1);
    };
    const body = `
      const buffer = new Uint8Array(1_000);
      async function* source() { for (let n = 0; n < 1_000; n += 1) { buffer.fill(n % 2); yield buffer; } buffer.fill(9); }
      await ctx.artifacts.writeStream('a', source());
      return 'done';`;
    expect(valueOf(await runBody(adapter, body, { api: API, answer }))).toBe('done');
    expect(sums.reduce((sum, part) => sum + part, 0)).toBe(500_000);
  });

  it.each([
    ["await ctx.artifacts.read('a', { as: 'text' })", 'the artifact is no UTF-8 text'],
    ["await ctx.artifacts.read('a', { as: 'json' })", 'the artifact is no UTF-8 text'],
    ["await ctx.artifacts.read('b', { as: 'json' })", 'the artifact is no JSON'],
    ["await ctx.artifacts.read('b', { as: 'yaml' })", "`as` is 'text', 'json' or absent"],
    ["await ctx.artifacts.writeStream('b', 'text')", 'the body must be an async iterable of bytes or text'],
    ["await ctx.artifacts.writeStream('b', null)", 'the body must be an async iterable of bytes or text'],
    ["await ctx.artifacts.write('b')", 'undefined at the top cannot be written as JSON'],
    [
      "let deep = []; for (let n = 0; n < 5_000; n += 1) deep = [deep]; await ctx.artifacts.write('b', deep)",
      expect.stringMatching(/^more than 1000 levels at (\/0){1000} cannot/),
    ],
  ])('refuse %s', async (statement, message) => {
    const answer: SandboxHost['call'] = (_name, [uri]) =>
      Promise.resolve({ info: {}, bytes: uri === 'a' ? Uint8Array.of(0xff, 0xfe) : Uint8Array.of(0x7b) });
    const body = `try { ${statement} } catch (error) { return [error.code, error.message]; }`;
    expect(valueOf(await runBody(adapter, body, { api: API, answer }))).toEqual(['ERR_INVALID_ARGUMENT', message]);
  });

  it('are out of reach when the run is over', async () => {
    const { answer } = endless(1_000);
    const body = `
      const { body } = await ctx.artifacts.readStream('a');
      ctx.onCleanup(async () => {
        const late = [body.getReader().read(), ctx.artifacts.read('a'), ctx.artifacts.write('a', 'x')];
        for (const call of late) ctx.log.info('late', { code: await call.catch((error) => error.code) });
      });`;
    const { notes } = await runBody(adapter, body, { api: API, answer });
    const codes = notes.map((note) => (note.kind === 'log' ? note.fields['code'] : note));
    expect(codes).toEqual(Array.from({ length: 3 }, () => 'ERR_PERMISSION_DENIED'));
  });
});
