import { describe, expect, it } from 'vitest';
import { createInvokePlaces } from '../src/invoke-places.js';
import type { InvokeBranch } from '../src/invoke-places.js';

const never = new AbortController().signal;

/** Asks, and tells of those that were let in, in order. */
function ask(branch: InvokeBranch, names: readonly string[], signal = never): Map<string, Disposable> {
  const inside = new Map<string, Disposable>();
  for (const name of names) {
    branch.enter(signal).then(
      (place) => inside.set(name, place),
      () => undefined,
    );
  }
  return inside;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

describe('the places of what runs invoke', () => {
  it('are as many as runs may be under way, first come, first served', async () => {
    const inside = ask(createInvokePlaces(2).branch(), ['a', 'b', 'c', 'd']);
    await turns();
    expect([...inside.keys()]).toEqual(['a', 'b']);
    inside.get('a')?.[Symbol.dispose]();
    await turns();
    expect([...inside.keys()]).toEqual(['a', 'b', 'c']);
    inside.get('b')?.[Symbol.dispose]();
    inside.get('c')?.[Symbol.dispose]();
    await turns();
    expect([...inside.keys()]).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leave one to every run, so that none waits for those that wait for it', async () => {
    const places = createInvokePlaces(1);
    const top = ask(places.branch(), ['child', 'sibling']);
    const below = ask(places.branch(), ['grandchild', 'its sibling']);
    await turns();
    expect([[...top.keys()], [...below.keys()]]).toEqual([['child'], ['grandchild']]);
    below.get('grandchild')?.[Symbol.dispose]();
    await turns();
    expect([[...top.keys()], [...below.keys()]]).toEqual([['child'], ['grandchild', 'its sibling']]);
    top.get('child')?.[Symbol.dispose]();
    await turns();
    expect([...top.keys()]).toEqual(['child', 'sibling']);
  });

  it('are shared by all branches but for that one', async () => {
    const places = createInvokePlaces(3);
    const branches = ['x', 'y', 'z'].map((name) =>
      ask(
        places.branch(),
        [1, 2, 3, 4].map((n) => `${name}${n}`),
      ),
    );
    await turns();
    expect(branches.map((inside) => inside.size).reduce((sum, size) => sum + size)).toBe(3 + 2);
    expect(branches.every((inside) => inside.size >= 1)).toBe(true);
  });

  it('are not waited for once the signal has gone, and go to the next', async () => {
    const branch = createInvokePlaces(1).branch();
    const first = await branch.enter(never);
    const controller = new AbortController();
    const givenUp = branch.enter(controller.signal);
    const next = ask(branch, ['next']);
    controller.abort();
    await expect(givenUp).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(branch.enter(controller.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    first[Symbol.dispose]();
    await turns();
    expect([...next.keys()]).toEqual(['next']);
  });
});
