import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodePlaces, places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';
import type { Bout } from './arena.js';

/** On a machine that is busy with others. */
const PATIENT = { timeout: 15_000, interval: 5 };

const ALL = [
  'Object.prototype.polluted',
  'Array.prototype.0',
  'Promise.prototype.then',
  'Function.prototype.call',
  'Map.prototype.get',
  'JSON.parse',
  'the prototype of Array.prototype',
];

const warnings: (Error & { code?: string })[] = [];
const listen = (warning: Error): void => void warnings.push(warning);

/** Ends what a handler has left in this process; tells whether there was anything. */
function undo(): boolean {
  const left: unknown = Reflect.get(globalThis, 'kbUndoPollution');
  if (typeof left === 'function') left();
  Reflect.deleteProperty(globalThis, 'kbUndoPollution');
  return left !== undefined;
}

beforeEach(() => void process.on('warning', listen));
afterEach(() => {
  undo();
  process.off('warning', listen);
  warnings.length = 0;
});

describe.each(nodePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`built-in objects${place.notRun}`, () => {
    const arena = openArena(place, 'g');
    const isShared = place.name === 'in-process';

    /** Runs it, and takes back at once what it has done to this process. */
    async function pollute(name: string): Promise<Bout> {
      const bout = await arena.run('pollutes', name);
      expect(undo()).toBe(isShared);
      return bout;
    }

    it('G08 that a handler changes are its own', async () => {
      for (const name of ALL) expect(dataOf(await pollute(name))).toMatchObject({ name });
      expect(dataOf(await arena.run('seesPollution'))).toEqual(['nothing', 'undefined', 'undefined']);
    });

    it('G08 that a handler changes spoil its own JSON at the most, and nothing where there is none in between', async () => {
      const bout = await pollute('Object.prototype.toJSON');
      expect(isShared ? dataOf(bout) : failureOf(bout, 'ERR_PROTOCOL')).toBeDefined();
      expect(Reflect.get({}, 'toJSON')).toBeUndefined();
      expect(dataOf(await arena.run('seesPollution'))).toEqual(['nothing', 'undefined', 'undefined']);
    });

    it('G08 leave no mark on a run that changes nothing', async () => {
      await arena.run('fine');
      // Told by now: what the test before this one has put back.
      await new Promise((resolve) => setImmediate(resolve));
      warnings.length = 0;
      const { result } = await arena.run('fine');
      await new Promise((resolve) => setImmediate(resolve));
      expect([result.metrics.leaked, result.logs, warnings]).toEqual([[], [], []]);
    });
  });
});

// The one place in which they are the host's: nothing keeps a handler from them, but the host is told.
describe.each(places.filter(({ name }) => name === 'in-process'))('$name', (place) => {
  const arena = openArena(place, 'g');

  it.each(ALL)('G08 marks the run and warns the process: %s', async (name) => {
    const { result } = await arena.run('pollutes', name);
    undo();
    expect(result.metrics.leaked).toEqual([expect.stringContaining(`changed built-ins: ${name}`)]);
    const marks = result.logs.filter(({ source }) => source === 'sandbox');
    expect(marks).toMatchObject([{ level: 'error', text: expect.stringContaining(name), fields: { tainted: true } }]);
    const told = { name: 'PluginTaintWarning', code: 'KB_BUILT_INS_CHANGED', message: expect.stringContaining(name) };
    await expect.poll(() => warnings, PATIENT).toContainEqual(expect.objectContaining(told));
  });

  it('G08 warns of what a handler changes after its run, and marks no other run for it', async () => {
    await arena.run('fine');
    await arena.run('pollutesLater');
    await expect.poll(() => Reflect.has(globalThis, 'kbUndoPollution'), PATIENT).toBe(true);
    const { result } = await arena.run('fine');
    undo();
    expect(result.metrics.leaked).toEqual([]);
    const told = 'built-in objects changed between two runs in this process: Map.prototype.get';
    await expect.poll(() => warnings.map(({ message }) => message), PATIENT).toContain(told);
  });

  it('G08 marks every run that was under way', async () => {
    const { events } = arena.scene();
    const from = events.length;
    const waiting = arena.run('waitsFor', 'kbUndoPollution');
    const isThere = (): boolean =>
      events.slice(from).some((event) => event.type === 'stage-start' && event.stage === 'handler');
    await expect.poll(isThere, PATIENT).toBe(true);
    await arena.run('pollutes', 'Map.prototype.get');
    const { result } = await waiting;
    undo();
    expect(result.metrics.leaked).toEqual(['changed built-ins: Map.prototype.get']);
  });
});
