import { readFileSync } from 'node:fs';
import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { purposeOf } from '../../src/fork/guest-purpose.js';
import {
  guestsOf,
  makePlugin,
  planFor,
  runBody,
  runIn,
  textOf,
  untilSpare,
  valueOf,
  ways,
} from '../fork/fork-scene.js';

const LOADS_NET = "process.moduleLoadList.includes('NativeModule net')";
const turn = 'await new Promise((resolve) => setImmediate(resolve));';

describe.each(ways)('the channel before and after it is opened, wall: $way', ({ way }) => {
  const adapter = forkSandbox({ wall: way, spares: 0 });
  afterAll(() => adapter[Symbol.asyncDispose]());

  it('carries a run that is over in its first turn', async () => {
    // Elsewhere the sockets have to be guarded before the plugin's code runs.
    expect(valueOf(await runBody(adapter, `return ${LOADS_NET};`))).toBe(purposeOf(planFor('/'), false) === undefined);
    expect(valueOf(await runBody(adapter, `${turn} ${turn} return ${LOADS_NET};`))).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'is not opened in a spare either (linux), whether or not it has loaded its modules ahead',
    async () => {
      using plugin = makePlugin({ 'main.mjs': `export const handle = () => ${LOADS_NET};` });
      await using spares = forkSandbox({ wall: way, maxSpares: 1 });
      const seen: unknown[] = [];
      while (seen.length < 3) {
        const before = guestsOf(plugin.root);
        await using place = await spares.acquire(planFor(plugin.root));
        const loadsNet = valueOf(await runIn(place, plugin.root));
        if (!place.coldStart) seen.push(loadsNet);
        await untilSpare(plugin.root, before);
      }
      expect(seen).toEqual(seen.map(() => purposeOf(planFor('/'), false) === undefined));
    },
  );

  it('carries an input and a result that are larger than what it holds', async () => {
    const input = 'ä'.repeat(400_000);
    expect(valueOf(await runBody(adapter, 'return input;', { input }))).toBe(input);
    expect(valueOf(await runBody(adapter, `${turn} return input;`, { input }))).toBe(input);
  });

  it('keeps the order of what is said before and after, and loses nothing', async () => {
    const say = "for (let n = 0; n < 300; n += 1) console.log('x'.repeat(99));";
    const body = `${say} console.log('before'); ${turn} console.log('after'); ${say} return await ctx.fs.stat('a');`;
    const run = await runBody(adapter, body, { api: ['fs.stat'], answer: () => Promise.resolve({ type: 'file' }) });
    expect(run.outcome.ok).toBe(true);
    const texts = textOf(run.notes);
    expect(texts).toHaveLength(602);
    expect(texts[300]).toContain('before');
    expect(texts[301]).toContain('after');
  });

  it('brings answers and the end of the time to a guest that asked in its first turn', async () => {
    const answer = () => Promise.resolve(null);
    expect((await runBody(adapter, "await ctx.fs.stat('a');", { api: ['fs.stat'], answer })).outcome.ok).toBe(true);
    const body =
      "await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)); console.log('heard'); return 1;";
    const run = await runBody(adapter, body, { limits: { timeoutMs: 300, graceMs: 2_000 } });
    expect(textOf(run.notes).join()).toContain('heard');
    expect(run.outcome).toMatchObject({ ok: false, error: { code: 'ERR_TIMEOUT' } });
  });

  it('shows the guest no argument of its own', async () => {
    expect(valueOf(await runBody(adapter, 'return process.argv.length;'))).toBe(2);
  });

  it('guards the sockets before a module or a stream can show one', async () => {
    const shows = [
      "process.getBuiltinModule('node:tty')",
      "process.getBuiltinModule('tty')",
      "process.getBuiltinModule('node:child_process')",
      "process.getBuiltinModule('node:async_hooks')",
      "process.getBuiltinModule('node:readline')",
      "process.getBuiltinModule('node:module')._load('tty')",
      'process.stdin',
      'process.openStdin()',
    ];
    for (const show of shows) {
      const body = `
        ${show};
        const { constructor: Socket, _handle: handle } = process.stdin;
        const isOpen = (owner, name) => Object.getOwnPropertyDescriptor(owner, name)?.writable;
        const Pipe = handle.constructor;
        return [isOpen(Socket.prototype, 'connect'), ...['bind', 'listen', 'connect'].map((name) => isOpen(Pipe.prototype, name))];
      `;
      expect({ show, got: valueOf(await runBody(adapter, body)) }).toEqual({
        show,
        got: [false, false, false, false],
      });
    }
  });

  it('leaves sockets out of what it lets a plugin load before it guards them', async () => {
    const source = readFileSync(new URL('../../src/bootstrap/guard-network.ts', import.meta.url), 'utf8');
    const list = /QUIET_MODULES[^[]*\[([^]*?)\]\.flat/.exec(source)?.[1] ?? '';
    const input = [...list.matchAll(/'([^']+)'/g)].map(([, name]) => name);
    expect(input.length).toBeGreaterThan(20);
    const body = `
      const before = ${LOADS_NET};
      for (const name of input) process.getBuiltinModule(name);
      return ${LOADS_NET} === before;
    `;
    expect(valueOf(await runBody(adapter, body, { input }))).toBe(true);
  });
});
