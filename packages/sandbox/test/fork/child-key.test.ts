import { describe, expect, it } from 'vitest';
import { childKeyOf, createChildKeys } from '../../src/fork/child-key.js';
import { planFor } from './fork-scene.js';

type Plan = ReturnType<typeof planFor>;

const base = planFor('/plugin');
const PLUGINS = [base.plugin, { ...base.plugin }, { ...base.plugin, version: '2.0.0' }, { ...base.plugin, root: '/b' }];
const ENVS = [base.env, {}, { A: '1' }, { A: '2' }];
const LIMITS = [base.limits, { ...base.limits }, { ...base.limits, memoryMb: 99 }, { ...base.limits, graceMs: 1 }];
const ISOLATIONS: readonly Plan['isolation'][] = [
  { kind: 'execution' },
  { kind: 'plugin', tenant: 'a', reentrant: false },
  { kind: 'plugin', tenant: 'a', reentrant: true },
  { kind: 'plugin', tenant: 'b', reentrant: true },
];

describe('child keys', () => {
  it.each([true, false])('are those that are made anew each time, with parts that are frozen: %s', (areFrozen) => {
    const keyOf = createChildKeys();
    const parts = [PLUGINS, ENVS, LIMITS].map((list) =>
      list.map((part) => (areFrozen ? Object.freeze({ ...part }) : { ...part })),
    ) as unknown as [Plan['plugin'][], Plan['env'][], Plan['limits'][]];
    const [plugins, envs, limits] = parts;
    // Each of the four of each part meets each of the others, in an order in which neighbours differ and come again.
    for (let n = 0; n < 4_096; n += 1) {
      const at = (step: number): number => Math.floor((n * 2_654_435_761) / 4 ** step) % 4;
      const plan: Plan = {
        ...base,
        plugin: plugins[at(0)] ?? base.plugin,
        env: envs[at(1)] ?? base.env,
        limits: limits[at(2)] ?? base.limits,
        isolation: { ...(ISOLATIONS[at(3)] ?? base.isolation) },
        policyDigest: `digest ${at(4)}`,
      };
      expect(keyOf(plan)).toBe(childKeyOf(plan));
    }
  });

  it('follow what a host changes in a plan of its own', () => {
    const keyOf = createChildKeys();
    const env: Record<string, string> = { A: '1' };
    const isolation = { kind: 'plugin' as const, tenant: 'a', reentrant: false };
    const plan: Plan = { ...base, limits: Object.freeze({ ...base.limits }), env, isolation };
    const before = keyOf(plan);
    env['A'] = '2';
    const after = keyOf(plan);
    expect([before === after, after]).toEqual([false, childKeyOf(plan)]);
    const frozen: Plan = { ...plan, plugin: Object.freeze({ ...base.plugin }), env: Object.freeze({ ...env }) };
    const first = keyOf(frozen);
    isolation.tenant = 'b';
    expect([first === keyOf(frozen), keyOf(frozen)]).toEqual([false, childKeyOf(frozen)]);
  });
});
