import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxCall, SandboxPlan } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { bind, createWarmChild, isNearEnd, mayServe } from '../../src/fork/warm-child.js';
import type { WarmChild } from '../../src/fork/warm-child.js';
import { makePlugin, planFor } from './fork-scene.js';
import { startGuests } from './started-guests.js';
import { alone } from './warm-scene.js';

interface WearFacts {
  readonly runs: number;
  readonly ageMs: number;
}

/** A process that has had one run, of a call whose parts are frozen where `isFrozen` says so. */
interface UsedProcess extends AsyncDisposable {
  readonly warm: WarmChild;
  readonly plan: SandboxPlan;
  readonly call: ChangingCall;
  readonly other: SandboxCall['handler'];
  /** From now on its files count as looked at just now, or long ago. */
  age(ms: number): void;
  /** Something in the plugin's folder is other than when it loaded its modules. */
  changeFolder(): void;
}

interface ChangingCall extends SandboxCall {
  readonly handler: { file: string; export: string };
  readonly inputSchema: { file: string; export: string };
  readonly api: string[];
}

async function useProcess(isFrozen: boolean): Promise<UsedProcess> {
  const folder = makePlugin({ 'main.mjs': '', 'schema.mjs': '', 'other.mjs': '' });
  const guests = startGuests();
  const plan = planFor(folder.root, { isolation: alone });
  const fileOf = (name: string): { file: string; export: string } => ({ file: join(folder.root, name), export: 'it' });
  const call = {
    executionId: 'e',
    handler: fileOf('main.mjs'),
    inputSchema: fileOf('schema.mjs'),
    outputSchema: undefined,
    outputParts: Object.freeze([]),
    input: undefined,
    api: ['fs.stat'],
    signal: plan.signal,
  };
  if (isFrozen) for (const part of [call.handler, call.inputSchema, call.api]) Object.freeze(part);
  const warm = createWarmChild(await guests.start(plan), 'key');
  bind(warm, call, plan);
  return {
    warm,
    plan,
    call,
    other: Object.freeze(fileOf('other.mjs')),
    age(ms) {
      for (const stamp of warm.stamps.values()) stamp.lookedAt = performance.now() - ms;
    },
    changeFolder: () => writeFileSync(join(folder.root, 'package.json'), '{}'),
    async [Symbol.asyncDispose]() {
      await guests[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Later than any test ends: as if no time went by. */
const JUST_NOW_MS = -600_000;
const LONG_AGO_MS = 600_000;

describe('how near its end a process is', () => {
  it.each<[string, WearFacts, boolean]>([
    ['that has just begun', { runs: 60, ageMs: 60 }, false],
    ['with half of its runs behind it, where they come fast', { runs: 500, ageMs: 400 }, true],
    ['with half of its runs behind it, where they come slowly', { runs: 500, ageMs: 50_000 }, false],
    ['with one run left, where one comes each second', { runs: 999, ageMs: 999_000 }, false],
    ['that is old, and has many runs left', { runs: 400, ageMs: 9_800 }, true],
    ['that is old, and has served few', { runs: 40, ageMs: 9_800 }, false],
  ])('is near its end: %s', (_, { runs, ageMs }, isNear) => {
    const maxAgeMs = runs === 400 || runs === 40 ? 10_000 : 600_000_000;
    expect(isNearEnd({ bornAt: 5, runs }, ageMs + 5, { maxRuns: 1_000, maxAgeMs })).toBe(isNear);
  });
});

describe.runIf(process.platform === 'linux')('the last call that a process served', () => {
  it('is served again for a moment without a look at the files, and then only where they are the same', async () => {
    await using used = await useProcess(true);
    const { warm, call, plan } = used;
    used.age(LONG_AGO_MS);
    expect(mayServe(warm, { ...call, input: 'another' }, plan)).toBe('yes');
    used.changeFolder();
    used.age(JUST_NOW_MS);
    expect(mayServe(warm, { ...call, input: 'another' }, plan)).toBe('yes');
    used.age(LONG_AGO_MS);
    expect(mayServe(warm, { ...call, input: 'another' }, plan)).toBe('other-files');
  });

  it('is no call that is lent other functions', async () => {
    await using used = await useProcess(true);
    used.age(JUST_NOW_MS);
    const api = Object.freeze(['fs.stat', 'fs.readFile']);
    expect(mayServe(used.warm, { ...used.call, api }, used.plan)).toBe('other-api');
  });

  it.each<[string, (other: SandboxCall['handler']) => Partial<SandboxCall>]>([
    ['handler', (handler) => ({ handler })],
    ['schema of the input', (inputSchema) => ({ inputSchema })],
    ['schema of the output', (outputSchema) => ({ outputSchema })],
    ['schema of a part', (schema) => ({ outputParts: [{ pointer: '/a', schema }] })],
  ])('is no call with another %s', async (_, change) => {
    await using used = await useProcess(true);
    const { warm, call, plan } = used;
    used.changeFolder();
    used.age(JUST_NOW_MS);
    expect(mayServe(warm, { ...call, ...change(used.other) }, plan)).toBe('other-files');
  });

  it.each<[string, (call: ChangingCall, other: SandboxCall['handler']) => unknown, string]>([
    ['functions', ({ api }) => api.push('fs.readFile'), 'other-api'],
    ['handler', ({ handler }, other) => Object.assign(handler, other), 'other-files'],
    ['schema', ({ inputSchema }, other) => Object.assign(inputSchema, other), 'other-files'],
  ])('is no call whose %s its host has changed in place', async (_, change, expected) => {
    await using used = await useProcess(false);
    const { warm, call, plan } = used;
    used.changeFolder();
    used.age(JUST_NOW_MS);
    expect(mayServe(warm, call, plan)).toBe('yes');
    change(call, used.other);
    expect(mayServe(warm, call, plan)).toBe(expected);
  });
});
