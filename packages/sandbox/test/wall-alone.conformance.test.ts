import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordClaim } from '@kb-labs/conformance';
import { attackClaims } from '@kb-labs/conformance/claims';
import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import type { Confinement, Firmness, SandboxAdapter, SandboxPlan } from '@kb-labs/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChildCommand } from '../src/fork/child-command.js';
import { watchGuestProcess } from '../src/fork/guest-process.js';
import { startDirectly } from '../src/fork/start-directly.js';
import type { Wall } from '../src/fork/wall.js';
import { createSession } from '../src/wire/session.js';
import type { Session } from '../src/wire/session.js';
import { wall } from './fork/fork-scene.js';

// Node's permission model stops most attacks before they reach the wall. Here it is off, and the bootstrap's own guards are cut out, as
// if an attacker had got round all that the guest's own process keeps: what still holds is held by the kernel.
const GUARDS = [
  /removeBackDoors\(\);/,
  /guardFiles\(\);/,
  /guardGlobals\(run\.fetch\);/,
  /guardModules\(\{guardSockets:[^;]+\}\);/,
  /guardSockets\(net,\s*socket\);/,
];

const claimed = ['crash', 'env', 'fs', 'net', 'process'] as const;
// Threads and wasm stay inside the walls. The last two are told to load a file that is no addon, and say so.
const HARMLESS_INSIDE = ['a worker thread', 'WASI', 'process.dlopen', 'require of an addon'];

let folder: string;
let bootstrap: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kb-wall-'));
  bootstrap = join(folder, 'bootstrap.cjs');
  await copyFile(new URL('../dist/bootstrap.cjs', import.meta.url), bootstrap);
  const source = await readFile(new URL('../dist/guest.cjs', import.meta.url), 'utf8');
  const bare = GUARDS.reduce((text, guard) => {
    const [before, after, ...more] = text.split(guard);
    if (after === undefined || more.length > 0) throw new Error(`the bootstrap does not say ${guard.source} just once`);
    return `${before}${after}`;
  }, source);
  await writeFile(join(folder, 'guest.cjs'), bare);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(wall === undefined)('the wall alone, with every guard inside it cut out', { timeout: 60_000 }, () => {
  it.for(claimed)('keeps %s', async (confinement, { task }) => {
    if (wall === undefined) throw new Error('no wall');
    const { [confinement]: line } = await attackClaims(walledWithoutGuards(wall), { only: [confinement] });
    if (line === undefined) throw new Error('the attacks were not made');
    const attacks = line.attacks.filter(({ name }) => !HARMLESS_INSIDE.includes(name));
    recordClaim(task.meta, { adapter: 'the wall alone', confinement, evidence: { ...line, attacks } });
    const breaches = line.attacks.filter(({ held }) => !held);
    const expected = confinement === 'process' ? HARMLESS_INSIDE : [];
    expect(breaches.filter(({ name }) => !expected.includes(name))).toEqual([]);
    // They show that the guards are off indeed.
    expect(breaches.map(({ name }) => name)).toEqual(expected);
  });
});

function walledWithoutGuards(around: Wall): SandboxAdapter {
  const firmness = tableOf<Firmness>((name) => (claimed.some((one) => one === name) ? 'wall' : 'none'));
  return {
    name: 'bubblewrap',
    confines: () => Promise.resolve(firmness),
    async acquire(plan) {
      const session = openWalled(around, plan);
      await session.start();
      return {
        confinement: { adapter: 'bubblewrap', firmness, by: tableOf(() => 'the kernel') },
        coldStart: true,
        run: (call, host) => session.run(call, host),
        [Symbol.asyncDispose]: () => session.dispose(),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function openWalled(around: Wall, plan: SandboxPlan): Session {
  const { root } = plan.plugin;
  const command = buildChildCommand({ wall: around, setpriv: undefined, coreLimiter: undefined, bootstrap }, [root], {
    memoryMb: plan.limits.memoryMb,
    purpose: undefined,
    compiled: undefined,
  });
  // What stands between node and the bootstrap are the flags that lock Node in.
  const node = command.args.indexOf('--') + 1;
  const args = [...command.args.slice(0, node + 1), ...command.args.slice(-1)];
  const child = watchGuestProcess(startDirectly({ ...command, args }, root));
  const kill = (): void => child.signal('SIGKILL');
  return createSession({
    stays: false,
    plan,
    transport: {
      send: (bytes) => void child.channel.write(bytes),
      sendsViews: true,
      receive: (onBytes, onEnd) => void child.channel.on('data', onBytes).once('close', onEnd),
      pendingBytes: () => child.channel.writableLength,
      close: () => void child.channel.destroy(),
    },
    lifeline: {
      terminate: kill,
      async quit() {
        kill();
        await child.gone;
      },
      gone: child.gone.then(() => createError('ERR_SANDBOX_CRASHED', 'the guest ended')),
      usage: () => ({ cpuMs: undefined, peakMemoryBytes: undefined }),
    },
  });
}

function tableOf<Value>(valueOf: (name: Confinement) => Value): Readonly<Record<Confinement, Value>> {
  // Object.fromEntries forgets which keys it was given; CONFINEMENTS holds each of them.
  return Object.fromEntries(CONFINEMENTS.map((name) => [name, valueOf(name)])) as Record<Confinement, Value>;
}
