import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { SandboxAdapter } from '@kb-labs/contracts';
import { forkSandbox } from '@kb-labs/sandbox';
import type { ForkSandboxOptions } from '@kb-labs/sandbox';
import { describe, expect, it, vi } from 'vitest';
import { guestsOf, isAlive, makePlugin, planFor, runIn, textOf, valueOf, ways } from './fork-scene.js';
import type { GuestRun, PluginFolder, RunOptions } from './fork-scene.js';

const poll = { timeout: 10_000, interval: 2 };

// Tells what stood in a file when the module was loaded, and what stands there now.
const REMEMBERS = `
import { readFileSync } from 'node:fs';
const read = () => readFileSync(new URL('state/file.txt', import.meta.url), 'utf8');
const before = read();
export const handle = (input) => [before, read(), input];
`;
const remembers = (more = '') => makePlugin({ 'main.mjs': `${REMEMBERS}${more}`, 'state/file.txt': '' });

/** In place, below the folder of the handler: that one is as it was. */
function write(plugin: PluginFolder, text: string): void {
  writeFileSync(join(plugin.root, 'state/file.txt'), text);
}

async function run(adapter: SandboxAdapter, plugin: PluginFolder, options: RunOptions = {}): Promise<GuestRun> {
  await using place = await adapter.acquire(planFor(plugin.root, options));
  return await runIn(place, plugin.root, options);
}

async function untilSpare(plugin: PluginFolder, patienceMs: number): Promise<void> {
  await expect.poll(() => guestsOf(plugin.root).length, poll).toBe(1);
  // What it loads is not to be seen from outside. Where this was too short, the caller tries again.
  await delay(patienceMs);
}

/** Until one that waits is found out, or was not up to anything. */
async function untilSpareEnds(plugin: PluginFolder): Promise<void> {
  await expect.poll(() => guestsOf(plugin.root).length, poll).toBeGreaterThan(0);
  const spares = guestsOf(plugin.root);
  const gone = vi.waitUntil(() => !spares.some(isAlive), { timeout: 1_500, interval: 5 });
  await gone.catch(() => undefined);
}

/** Whether, within so many tries, a run finds its module loaded at a time when another text stood in the file. */
async function isLoadedAhead(adapter: SandboxAdapter, plugin: PluginFolder, tries: number): Promise<boolean> {
  write(plugin, 'first');
  for (let done = 0; done < 2; done += 1) await run(adapter, plugin);
  for (let tried = 1; tried <= tries; tried += 1) {
    await untilSpare(plugin, 0);
    write(plugin, `old ${tried}`);
    await run(adapter, plugin);
    await untilSpare(plugin, tried * 30);
    write(plugin, `new ${tried}`);
    const value = valueOf(await run(adapter, plugin));
    if (Array.isArray(value) && value[0] === `old ${tried}`) return true;
  }
  return false;
}

describe.runIf(process.platform === 'linux').each(ways)('modules that are loaded ahead, wall: $way', ({ way }) => {
  const create = (options: ForkSandboxOptions = {}) => forkSandbox({ wall: way, maxSpares: 1, ...options });

  it('are those of a plugin whose runs load the same, and end well', async () => {
    using plugin = remembers();
    await using adapter = create();
    expect(await isLoadedAhead(adapter, plugin, 20)).toBe(true);
  });

  it('are none with preload: false', async () => {
    using plugin = remembers();
    await using adapter = create({ preload: false });
    expect(await isLoadedAhead(adapter, plugin, 4)).toBe(false);
  });

  it.each<[string, (plugin: PluginFolder, text: string) => void]>([
    ['its file is written anew', (plugin, text) => writeFileSync(join(plugin.root, 'main.mjs'), text)],
    [
      'another file takes its name',
      (plugin, text) => {
        writeFileSync(join(plugin.root, 'next.mjs'), text);
        renameSync(join(plugin.root, 'next.mjs'), join(plugin.root, 'main.mjs'));
      },
    ],
  ])('are not used where %s', async (_, replace) => {
    using plugin = remembers();
    await using adapter = create();
    expect(await isLoadedAhead(adapter, plugin, 20)).toBe(true);
    await untilSpare(plugin, 50);
    replace(plugin, "export const handle = () => 'the new code';");
    expect(valueOf(await run(adapter, plugin))).toBe('the new code');
  });

  it('are not used where the package.json is another one: what the handler imports may be, too', async () => {
    using plugin = makePlugin({
      'main.mjs': "import { part } from './parts/part.mjs'; export const handle = () => part;",
      'parts/part.mjs': "export const part = 'old';",
      'package.json': '{}',
    });
    await using adapter = create();
    for (let done = 0; done < 4; done += 1) {
      expect(valueOf(await run(adapter, plugin))).toBe('old');
      if (done > 0) await untilSpare(plugin, 20);
    }
    writeFileSync(join(plugin.root, 'parts/part.mjs'), "export const part = 'new';");
    writeFileSync(join(plugin.root, 'package.json'), '{ }');
    expect(valueOf(await run(adapter, plugin))).toBe('new');
  });

  it.each([true, false])(
    'and processes are not used where another folder takes its name (preload: %s)',
    async (preload) => {
      using plugin = remembers();
      await using adapter = create({ preload });
      for (let done = 0; done < 4; done += 1) {
        await run(adapter, plugin);
        if (done > 0) await untilSpare(plugin, 20);
      }
      renameSync(plugin.root, `${plugin.root} before`);
      mkdirSync(plugin.root);
      writeFileSync(join(plugin.root, 'main.mjs'), "export const handle = () => 'the new code';");
      expect(valueOf(await run(adapter, plugin))).toBe('the new code');
    },
  );

  it('say what they have to say in the run that uses them, and share nothing with another run', async () => {
    using plugin = remembers('globalThis.seen = (globalThis.seen ?? 0) + 1; console.log("loaded", globalThis.seen);');
    await using adapter = create();
    for (let done = 0; done < 5; done += 1) {
      const { outcome, notes } = await run(adapter, plugin);
      expect(outcome).toMatchObject({ ok: true });
      expect(textOf(notes)).toEqual(['console info: loaded 1']);
      if (done > 0) await untilSpare(plugin, 10);
    }
  });

  it('are not met by a handler of the same plugin that did not ask for them', async () => {
    using plugin = makePlugin({
      'main.mjs': "globalThis.met = 'main'; export const handle = () => globalThis.met;",
      'other.mjs': 'export const handle = () => globalThis.met;',
    });
    await using adapter = create();
    for (let done = 0; done < 4; done += 1) {
      expect(valueOf(await run(adapter, plugin))).toBe('main');
      if (done > 0) await untilSpare(plugin, 20);
    }
    expect(valueOf(await run(adapter, plugin, { file: 'other.mjs' }))).toBe(undefined);
  });
});

// Each keeps to itself while it is loaded in a run, and does harm where it waits for one.
describe.runIf(process.platform === 'linux')('modules', () => {
  it.each<[string, string]>([
    ['throw', "if (read() === 'harm') throw new Error('not now');"],
    ['never end', "if (read() === 'harm') for (;;);"],
    ['never end, asynchronously', "if (read() === 'harm') await new Promise(() => setInterval(() => {}, 1e3));"],
    ['leave something open', "if (read() === 'harm') setInterval(() => {}, 1e3);"],
    ['use the processor later', "if (read() === 'harm') setTimeout(() => { for (;;); }, 30).unref();"],
    ['end the process', "if (read() === 'harm') process.reallyExit(1);"],
    ['fill the memory', "if (read() === 'harm') { const kept = []; for (;;) kept.push(new Uint8Array(1e7).fill(1)); }"],
  ])('that %s while they wait harm no run', { timeout: 40_000 }, async (_, harm) => {
    using plugin = remembers(harm);
    await using adapter = forkSandbox({ maxSpares: 1 });
    const limits = { startTimeoutMs: 800, cpuMs: 300 };
    const fine = async (): Promise<void> => {
      const value = valueOf(await run(adapter, plugin, { limits }));
      expect(value).toEqual([expect.any(String), 'fine', undefined]);
    };
    write(plugin, 'fine');
    await fine();
    await fine();
    // The spare that starts now is the first to load it ahead.
    write(plugin, 'harm');
    await untilSpareEnds(plugin);
    write(plugin, 'fine');
    for (let done = 0; done < 3; done += 1) await fine();
  });
});
