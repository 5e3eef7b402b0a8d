import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { forkSandbox } from '@kb-labs/sandbox';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { listChildren, readParent } from '../../src/fork/list-children.js';
import {
  guestsOf,
  isAlive,
  limits,
  makePlugin,
  planFor,
  runIn,
  runOnce,
  textOf,
  untilGone,
  valueOf,
  ways,
} from './fork-scene.js';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

interface FoundSpawner {
  readonly pid: number;
  readonly folder: string;
}

function spawnersOf(host: number): readonly FoundSpawner[] {
  return listChildren(host).flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const script = args.findIndex((arg) => arg.endsWith('/spawner.cjs'));
      return script === -1 || !isAlive(pid) ? [] : [{ pid, folder: dirname(args[script + 1] ?? '') }];
    } catch {
      // It ended between the list and the look.
      return [];
    }
  });
}

const onLinux = process.platform === 'linux';
const plugin = makePlugin({
  'main.mjs': `
    let run = 0;
    export const handle = async (input, ctx) => {
      if (input === 'wait') await ctx.test.up();
      if (input === 'exit') process.exit(7);
      process.stdout.write('out');
      return [input, (run += 1)];
    };`,
});
afterAll(() => plugin[Symbol.dispose]());

describe.runIf(onLinux).each(ways)('a spawner, wall: $way', ({ way }) => {
  const create = () => forkSandbox({ wall: way, spawner: 'always', spares: 0 });

  it('is the parent of what is started, has nothing of the environment, and ends with its adapter', async () => {
    const adapter = create();
    const place = await adapter.acquire(planFor(plugin.root));
    const [spawner, ...more] = spawnersOf(process.pid);
    if (spawner === undefined) throw new Error('there is no spawner');
    expect(more).toEqual([]);
    const [started = 0] = listChildren(spawner.pid);
    expect(guestsOf(plugin.root).map((pid) => (way === 'off' ? pid : readParent(pid)))).toEqual([started]);
    expect(readFileSync(`/proc/${spawner.pid}/environ`, 'utf8')).toBe('');
    await place[Symbol.asyncDispose]();
    await adapter[Symbol.asyncDispose]();
    expect([spawner.pid, started].map(isAlive)).toEqual([false, false]);
    expect(existsSync(spawner.folder)).toBe(false);
  });

  it('loses no byte of 24 guests that are started at once', async () => {
    await using adapter = create();
    const inputs = Array.from({ length: 24 }, (_, index) => index);
    const runs = await Promise.all(inputs.map((input) => runOnce(adapter, plugin.root, { input })));
    const seen = runs.map((run) => [valueOf(run), textOf(run.notes)]);
    expect(seen).toEqual(inputs.map((input) => [[input, 1], ['stdout info: out']]));
  });

  it('tells how a guest has ended', async () => {
    await using adapter = create();
    const { outcome } = await runOnce(adapter, plugin.root, { input: 'exit' });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED', details: { exitCode: 7 } } });
  });

  it('is replaced when it is killed: its guests end with it, the host hears of it, and runs go on', async () => {
    await using adapter = create();
    const warnings: unknown[] = [];
    const listen = (warning: Error): unknown => 'code' in warning && warnings.push(warning.code);
    process.on('warning', listen);
    const place = await adapter.acquire(planFor(plugin.root));
    const [first] = spawnersOf(process.pid);
    if (first === undefined) throw new Error('there is no spawner');
    const guests = guestsOf(plugin.root);
    const up = Promise.withResolvers<undefined>();
    const run = runIn(place, plugin.root, {
      input: 'wait',
      api: ['test.up'],
      answer: () => {
        up.resolve(undefined);
        return new Promise(() => undefined);
      },
    });
    await up.promise;
    process.kill(first.pid, 'SIGKILL');
    const { outcome } = await run;
    expect(outcome).toMatchObject({ ok: false, error: { code: 'ERR_SANDBOX_CRASHED', retryable: true } });
    await Promise.all(guests.map(untilGone));
    expect(guests.map(isAlive)).not.toContain(true);
    await place[Symbol.asyncDispose]();
    expect(valueOf(await runOnce(adapter, plugin.root, { input: 2 }))).toEqual([2, 1]);
    const [second] = spawnersOf(process.pid);
    expect(second?.pid).not.toBe(first.pid);
    await vi.waitUntil(() => !existsSync(first.folder), { timeout: 10_000, interval: 5 });
    process.off('warning', listen);
    expect(warnings).toEqual(['KB_SPAWNER_LOST']);
  });
});

it.runIf(onLinux)('guests are started without one after three have been killed', async () => {
  await using adapter = forkSandbox({ wall: 'off', spawner: 'always', spares: 0 });
  const used = new Set<number>();
  // Whether the host has heard of the end of one when it needs it is chance: then that one run starts its own.
  for (let round = 0; round < 8; round += 1) {
    expect(valueOf(await runOnce(adapter, plugin.root, { input: round }))).toEqual([round, 1]);
    const found = spawnersOf(process.pid);
    for (const { pid } of found) {
      used.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    await Promise.all(found.map(({ pid }) => untilGone(pid)));
  }
  expect(used.size).toBe(3);
});

it.runIf(onLinux)(
  'a spawner without guests is ended after idleMs, and there is another when it is needed',
  async () => {
    await using adapter = forkSandbox({ wall: 'off', spawner: 'always', spares: 0, idleMs: 20 });
    const seen: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      const place = await adapter.acquire(planFor(plugin.root));
      seen.push(...spawnersOf(process.pid).map(({ pid }) => pid));
      await place[Symbol.asyncDispose]();
      await vi.waitUntil(() => spawnersOf(process.pid).length === 0, { timeout: 10_000, interval: 2 });
    }
    expect(new Set(seen).size).toBe(2);
  },
);

// A host that has no descriptors left for a while.
const POOR_HOST = `
import { forkSandbox } from ${JSON.stringify(built)};
import { closeSync, openSync } from 'node:fs';
const [root] = process.argv.slice(2);
const adapter = forkSandbox({ wall: 'off', spares: 0, spawner: 'always' });
const signal = new AbortController().signal;
const plan = { plugin: { id: 'p', version: '1.0.0', root }, limits: ${JSON.stringify(limits)}, env: {}, policyDigest: '', isolation: { kind: 'execution' }, signal };
const call = { executionId: 'e', handler: { file: root + '/main.mjs', export: 'handle' }, inputSchema: undefined, outputSchema: undefined, outputParts: [], input: 1, api: [], signal };
const place = await adapter.acquire(plan);
const files = [];
try {
  for (;;) files.push(openSync('/dev/null'));
} catch (error) {
  process.stdout.write(error.code + ' ');
}
await adapter.acquire(plan).catch((error) => process.stdout.write(error.code + ' '));
for (const file of files) closeSync(file);
const outcome = await place.run(call, { call() {}, note() {} });
process.stdout.write(JSON.stringify(outcome.value));
await place[Symbol.asyncDispose]();
await adapter[Symbol.asyncDispose]();
`;

it.runIf(onLinux)('a host without descriptors gets no guest, and keeps those that it has', async () => {
  using folder = makePlugin({ 'host.mjs': POOR_HOST, 'main.mjs': 'export const handle = (input) => input;' });
  const shell = 'ulimit -n 400; exec "$0" "$@"';
  const args = ['-c', shell, process.execPath, join(folder.root, 'host.mjs'), folder.root];
  const host = spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, exit] = await Promise.all([text(host.stdout), once(host, 'exit')]);
  expect({ said, exit }).toEqual({ said: 'EMFILE ERR_SANDBOX_CRASHED 1', exit: [0, null] });
});

it.runIf(onLinux)(
  'a spawner whose folder is gone keeps its guests, and further ones are started without it',
  async () => {
    await using adapter = forkSandbox({ wall: 'off', spawner: 'always', spares: 0 });
    const warnings: unknown[] = [];
    const listen = (warning: Error): unknown => 'code' in warning && warnings.push(warning.code);
    process.on('warning', listen);
    await using place = await adapter.acquire(planFor(plugin.root));
    for (const { folder } of spawnersOf(process.pid)) rmSync(folder, { recursive: true });
    for (const input of [1, 2]) expect(valueOf(await runOnce(adapter, plugin.root, { input }))).toEqual([input, 1]);
    expect(valueOf(await runIn(place, plugin.root, { input: 3 }))).toEqual([3, 1]);
    process.off('warning', listen);
    expect(warnings).toEqual(['KB_SPAWNER_LOST']);
  },
);

// It takes the five seconds after which a spawner is taken for dead.
const isNewest = process.versions.node.startsWith('26.');
it.runIf(onLinux && isNewest)(
  'a spawner that stands still holds up no end of a run (on Node 26 alone: it takes five seconds)',
  { timeout: 20_000 },
  async () => {
    await using adapter = forkSandbox({ wall: 'off', spawner: 'always', spares: 0 });
    const place = await adapter.acquire(planFor(plugin.root));
    const guests = guestsOf(plugin.root);
    for (const { pid } of spawnersOf(process.pid)) process.kill(pid, 'SIGSTOP');
    expect(valueOf(await runIn(place, plugin.root, { input: 1 }))).toEqual([1, 1]);
    await place[Symbol.asyncDispose]();
    await Promise.all(guests.map(untilGone));
    expect(valueOf(await runOnce(adapter, plugin.root, { input: 2 }))).toEqual([2, 1]);
  },
);

it.runIf(onLinux && isNewest)(
  'a host that stands still takes no spawner for dead (on Node 26 alone: it takes five seconds)',
  { timeout: 20_000 },
  async () => {
    await using adapter = forkSandbox({ wall: 'off', spawner: 'always', spares: 0 });
    await using place = await adapter.acquire(planFor(plugin.root));
    const [first] = spawnersOf(process.pid);
    const second = adapter.acquire(planFor(plugin.root));
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_100);
    for (const each of [place, await second])
      expect(valueOf(await runIn(each, plugin.root, { input: 1 }))).toEqual([1, 1]);
    await (await second)[Symbol.asyncDispose]();
    expect(spawnersOf(process.pid)).toEqual([first]);
  },
);

// A host that is as large as it is told to be, and says how many children it has while a guest waits.
const HOST = `
import { forkSandbox } from ${JSON.stringify(built)};
import { readFileSync } from 'node:fs';
const [root, mib, spawner] = process.argv.slice(2);
const ballast = Buffer.alloc(Number(mib) * 2 ** 20, 1);
const adapter = forkSandbox({ wall: 'off', spares: 0, spawner });
const signal = new AbortController().signal;
const place = await adapter.acquire({ plugin: { id: 'p', version: '1.0.0', root }, limits: ${JSON.stringify(limits)}, env: {}, policyDigest: '', isolation: { kind: 'execution' }, signal });
const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'latin1').trim().split(' ');
const lines = children.map((pid) => readFileSync('/proc/' + pid + '/cmdline', 'latin1'));
process.stdout.write(lines.map((line) => (line.includes('spawner.cjs') ? 'spawner' : 'guest')).join());
await place[Symbol.asyncDispose]();
if (ballast.at(-1) !== 1) process.exit(1);
`;

it.runIf(onLinux).each([
  ['small', 1, 'auto', 'guest'],
  ['large', 300, 'auto', 'spawner'],
  ['large', 300, 'never', 'guest'],
  ['small', 1, 'always', 'spawner'],
])('a %s host with %i MiB and spawner: "%s" has one child, a %s', async (_, mib, spawner, child) => {
  using folder = makePlugin({ 'host.mjs': HOST });
  const args = [join(folder.root, 'host.mjs'), folder.root, String(mib), spawner];
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, exit] = await Promise.all([text(host.stdout), once(host, 'exit')]);
  expect({ said, exit }).toEqual({ said: child, exit: [0, null] });
});
