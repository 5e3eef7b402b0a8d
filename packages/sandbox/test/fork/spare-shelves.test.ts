import { describe, expect, it } from 'vitest';
import { createSpareShelves } from '../../src/fork/spare-shelves.js';
import type { SpareShelves } from '../../src/fork/spare-shelves.js';
import type { SpareShelf } from '../../src/fork/spare-shelf.js';
import { planFor } from './fork-scene.js';

const MOST = 1_024;
const plan = planFor('/plugin');

function createShelves(): { readonly shelves: SpareShelves; readonly forgotten: SpareShelf[] } {
  const forgotten: SpareShelf[] = [];
  const shelves = createSpareShelves({ idleMs: 60_000, onForgotten: (shelf) => forgotten.push(shelf) });
  return { shelves, forgotten };
}

/** A start that is under way until it is called off. */
function addStarting(shelf: SpareShelf): { readonly wasDropped: () => boolean } {
  let dropped = false;
  const drop = (): void => {
    dropped = true;
  };
  shelf.starting.add({ child: new Promise(() => undefined), preloading: undefined, drop });
  return { wasDropped: () => dropped };
}

describe('the shelves of spares', () => {
  it('are one for each key, and count its runs', () => {
    const { shelves } = createShelves();
    const shelf = shelves.use('a', plan);
    expect([shelves.use('a', plan) === shelf, shelves.find('a') === shelf, shelf.runs]).toEqual([true, true, 2]);
    expect([shelves.use('b', plan) === shelf, shelves.find('c')]).toEqual([false, undefined]);
    expect([...shelves.all()]).toHaveLength(2);
  });

  it('are 1 024 at most: the key that was used longest ago is forgotten, and its spares are called off', () => {
    const { shelves, forgotten } = createShelves();
    const first = shelves.use('0', plan);
    const second = shelves.use('1', plan);
    const starts = [addStarting(first), addStarting(second)];
    for (let key = 2; key < MOST; key += 1) shelves.use(`${key}`, plan);
    shelves.use('0', plan);
    expect([[...shelves.all()].length, forgotten]).toEqual([MOST, []]);

    shelves.use('one more', plan);
    expect([...shelves.all()]).toHaveLength(MOST);
    expect([shelves.find('1'), shelves.find('0') === first]).toEqual([undefined, true]);
    expect([forgotten.length, forgotten[0] === second]).toEqual([1, true]);
    expect(starts.map(({ wasDropped }) => wasDropped())).toEqual([false, true]);
    expect(second.starting.size).toBe(0);
  });

  it('begin anew with a key that was forgotten', () => {
    const { shelves, forgotten } = createShelves();
    const before = shelves.use('old', plan);
    for (let key = 0; key < MOST; key += 1) shelves.use(`${key}`, plan);
    const after = shelves.use('old', plan);
    expect([after === before, after.runs, forgotten.length]).toEqual([false, 1, 2]);
  });

  it('with spares are told from those without, the one that was used longest ago first', () => {
    const { shelves } = createShelves();
    const [a, b] = ['a', 'b', 'c'].map((key) => shelves.use(key, plan));
    for (const shelf of [a, b]) if (shelf !== undefined) addStarting(shelf);
    expect(shelves.withSpares()).toEqual([a, b]);
    shelves.use('a', plan);
    expect(shelves.withSpares().map((shelf) => shelf === b)).toEqual([true, false]);
  });

  it('count runs from one again where none came for long', () => {
    const shelves = createSpareShelves({ idleMs: -1, onForgotten: () => undefined });
    shelves.use('a', plan);
    expect(shelves.use('a', plan).runs).toBe(1);
  });
});
