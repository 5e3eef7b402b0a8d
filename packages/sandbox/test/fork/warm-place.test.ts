import type { SandboxIsolation } from '@kb-labs/contracts';
import { forkSandbox } from '@kb-labs/sandbox';
import { describe, expect, it } from 'vitest';
import { makePlugin, planFor, runIn, valueOf, ways } from './fork-scene.js';

const isolation: SandboxIsolation = { kind: 'plugin', tenant: 'one', reentrant: true };
/** Stays until the others have begun, and tells what it may call. */
const HANDLER = `
const id = Math.random();
export const handle = async (_, ctx) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return [id, Object.keys(ctx).filter((name) => name === 'fs' || name === 'env')];
};`;

describe.runIf(process.platform === 'linux').each(ways)('places that share a guest (linux), wall: $way', ({ way }) => {
  it('have it for one set of host functions, also where runs with several sets begin in one turn', async () => {
    using plugin = makePlugin({ 'main.mjs': HANDLER });
    await using adapter = forkSandbox({ wall: way });
    const plan = planFor(plugin.root, { isolation });
    const sets = [['fs.readFile'], ['env.get'], ['fs.readFile'], []];
    // None of them has begun a run: the guest is nobody's yet.
    const places = await Promise.all(sets.map(() => adapter.acquire(plan)));
    const runs = await Promise.all(places.map((place, at) => runIn(place, plugin.root, { api: sets[at] ?? [] })));
    const seen = runs.map((run) => valueOf(run) as [number, readonly string[]]);
    expect(seen.map(([, rooms]) => rooms)).toEqual([['fs'], ['env'], ['fs'], []]);
    const guests = seen.map(([guest]) => guest);
    expect(guests[2]).toBe(guests[0]);
    expect(new Set(guests).size).toBe(3);
    for (const place of places) await place[Symbol.asyncDispose]();
  });
});
