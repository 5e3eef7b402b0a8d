import { createEventBus, createPluginContext } from '@kb-labs/plugin-runtime';
import type { EventReport, PluginContextOptions } from '@kb-labs/plugin-runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { dataOf, openArena } from './arena.js';

const events = { produce: ['m.*'], consume: ['m.*'], scopes: ['execution', 'plugin'] } as const;

function grantOf(more: Partial<PluginContextOptions> = {}): Partial<PluginContextOptions> {
  const plugin = { id: 'attack-m', version: '1.0.0' };
  return { plugin, capabilities: ['events.*'], permissions: { events }, ...more };
}

/** Nobody's topics. */
const NO_TOPICS: readonly string[] = [
  '',
  '*',
  '**',
  'm.*',
  'm.**',
  '.',
  'm.',
  '.m',
  'm..x',
  '__proto__',
  'm.__proto__',
  'constructor',
  'm.constructor',
  'm.prototype.x',
  'M.Step',
  'm step',
  'm.\n',
  'm.x\n[INFO] fake',
  'm.\u0000',
  'm.\u202e',
  'm/x',
  'm.é',
  'm.x'.repeat(4_000),
  Array.from({ length: 9 }, () => 'm').join('.'),
];

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`events${place.notRun}`, () => {
    const reports: EventReport[] = [];
    const bus = createEventBus({ report: (report) => void reports.push(report) });
    const arena = openArena(place, 'm', { events: bus });
    afterAll(() => bus[Symbol.asyncDispose]());

    it('M01 publishes no topic of the host, the runtime or another plugin, whatever it was granted', async () => {
      const denied = ['host.stop', 'host', 'runtime.ready', 'runtime', 'victim.step', 'm.deep.step', 'n'];
      const calls = [...denied.map((topic) => [topic, 1]), ['m.step', 1, { scope: 'host' }]];
      const bout = await arena.run('publishes', calls, grantOf());
      expect(dataOf(bout)).toEqual(calls.map(() => 'ERR_EVENT_DENIED'));
      expect(bout.denied.map(({ kind, operation, target }) => [kind, operation, target])).toEqual(
        calls.map(([topic]) => ['event', 'publish', topic]),
      );
      for (const produce of ['host.*', 'host', 'runtime.**', 'runtime']) {
        expect(() =>
          createPluginContext({ capabilities: [], permissions: { events: { produce: [produce] } } }),
        ).toThrow(
          expect.objectContaining({
            code: 'ERR_CONFIG_INVALID',
            details: expect.objectContaining({ pointer: '/permissions/events/produce/0' }),
          }),
        );
      }
      // A rule of wildcards alone covers what is the host's as little.
      const all = { events: { produce: ['**'], consume: ['**'] } };
      const calls2 = [
        ['host.stop', 1],
        ['runtime.x', 1],
        ['any.thing', 1],
      ];
      const wide = await arena.run('publishes', calls2, grantOf({ permissions: all }));
      expect(dataOf(wide)).toEqual(['ERR_EVENT_DENIED', 'ERR_EVENT_DENIED', 'ok']);
    });

    it('M01 hears nothing beyond its rules: a pattern that reaches further is refused, not narrowed', async () => {
      const patterns = ['**', '*', 'host.*', 'm.**', '*.step', 'victim.*', 'm.*.x', '**.step'];
      const bout = await arena.run(
        'listens',
        patterns.map((pattern) => [pattern]),
        grantOf(),
      );
      expect(dataOf(bout)).toEqual(patterns.map(() => 'ERR_EVENT_DENIED'));
      expect(bout.denied.map(({ target }) => target)).toEqual(patterns);
    });

    it('M01 is known by what the host knows of it, not by what it says', async () => {
      const { result } = await arena.run('forges', {}, grantOf());
      const { executionId, traceId } = result;
      expect(result).toMatchObject({
        ok: true,
        data: {
          // Options that nobody knows are refused, not ignored.
          codes: Array<string>(6).fill('ERR_INVALID_ARGUMENT'),
          sender: { kind: 'plugin', pluginId: 'attack-m', executionId, traceId },
          topic: 'm.forged',
          isMine: false,
        },
      });
    });

    it('M02 refuses what is no topic, and what is no pattern', async () => {
      // The argument of a host call is malformed: that is ERR_INVALID_ARGUMENT; ERR_EVENT_DENIED would mean that a rule could allow it.
      const invalid = NO_TOPICS.map(() => 'ERR_INVALID_ARGUMENT');
      const published = NO_TOPICS.map((topic) => [topic, 1]);
      expect(dataOf(await arena.run('publishes', published, grantOf()))).toEqual(invalid);
      const isPattern = (text: string): boolean => ['*', '**', 'm.*', 'm.**'].includes(text);
      const patterns = [...NO_TOPICS.filter((text) => !isPattern(text)), '***', 'm.*x', '**.**.**', 'm.{a,b}', 'm.!x'];
      const listened = await arena.run(
        'listens',
        patterns.map((pattern) => [pattern]),
        grantOf(),
      );
      expect(dataOf(listened)).toEqual(patterns.map(() => 'ERR_INVALID_ARGUMENT'));
    });

    it('M10 sends data alone: what is none, or would change on the way, is refused', async () => {
      const { large, many, ...others } = Object(dataOf(await arena.run('sendsOddThings', {}, grantOf())));
      expect(others).toEqual(Object.fromEntries(Object.keys(others).map((name) => [name, 'ERR_INVALID_ARGUMENT'])));
      // Well formed, and more than an event may have, or more than one message carries.
      for (const code of [large, many]) expect(['ERR_EVENT_TOO_LARGE', 'ERR_INVALID_ARGUMENT']).toContain(code);
    });

    it('M10 has payloads that run code read by the guest, once, and hands data around', async () => {
      // Getters and proxies are the guest's own code on the guest's side of the wall: the host gets what they said, as data. The bus itself
      // refuses both, as the pure rules below show.
      const { heard, isAdmin } = Object(dataOf(await arena.run('sendsWhatAnswersOnce', {}, grantOf())));
      expect(heard).toEqual([
        '{"x":1}',
        expect.stringMatching(/^\{"x":\d\}$/u),
        '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}',
      ]);
      expect([isAdmin, Object.hasOwn(Object.prototype, 'isAdmin')]).toEqual([undefined, false]);
    });

    it('M11 drops what is published after the run', async () => {
      const heard: unknown[] = [];
      const host = bus.openHostPort({ pluginId: 'attack-m' });
      using _ = host.subscribe('m.late', (event) => void heard.push(event), { scope: 'plugin' });
      expect(dataOf(await arena.run('speaksLate', {}, grantOf()))).toBe('returned');
      const end = dataOf(await arena.run('tellsLate', {}, grantOf()));
      // Where handlers share the host's process the call comes after the end of the run; elsewhere nobody is left to make it.
      expect(place.name === 'in-process' ? ['ERR_PERMISSION_DENIED'] : ['gone']).toContain(end);
      await host[Symbol.asyncDispose]();
      expect(heard).toEqual([]);
    });
  });
});

describe('pure rules', () => {
  it('M02 a rule with what is no pattern is refused, with the place of it', () => {
    const isPattern = (text: string): boolean => ['*', '**', 'm.*', 'm.**'].includes(text);
    for (const pattern of NO_TOPICS.filter((text) => !isPattern(text))) {
      for (const list of ['produce', 'consume']) {
        const permissions = { events: { [list]: ['m.fine', pattern] } };
        expect(() => createPluginContext({ capabilities: [], permissions })).toThrow(
          expect.objectContaining({
            code: 'ERR_CONFIG_INVALID',
            details: expect.objectContaining({ pointer: `/permissions/events/${list}/1` }),
          }),
        );
      }
    }
  });

  it('M10 the bus runs no code of a payload', async () => {
    await using bus = createEventBus();
    const port = bus.openHostPort();
    let ran = 0;
    const run = (): never => {
      ran += 1;
      throw new Error('never');
    };
    const handler = { get: run, ownKeys: run, getPrototypeOf: run, getOwnPropertyDescriptor: run, has: run };
    const payloads = [
      Object.defineProperty({}, 'x', { enumerable: true, get: run }),
      new Proxy({}, handler),
      { deep: [new Proxy([], handler)] },
      { toJSON: run },
      Object.create({ inherited: 1 }),
    ];
    for (const payload of payloads) {
      await expect(port.publish('m.odd', payload, { scope: 'host' })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    }
    expect(ran).toBe(0);
  });

  it('M11 an event after the end of its port or its bus is refused and reported', async () => {
    const reports: EventReport[] = [];
    const bus = createEventBus({ report: (report) => void reports.push(report) });
    const rules = [{ produce: ['m.*'], consume: ['m.*'], scopes: ['execution' as const] }];
    const port = bus.openPort({ pluginId: 'attack-m', executionId: 'run-1', traceId: 'trace-1', rules });
    const host = bus.openHostPort();
    await port[Symbol.asyncDispose]();
    const closed = expect.objectContaining({
      code: 'ERR_EVENT_DENIED',
      details: { action: 'publish', reason: 'closed' },
    });
    await expect(port.publish('m.late', 1)).rejects.toEqual(closed);
    await bus[Symbol.asyncDispose]();
    await expect(host.publish('host.late', 1, { scope: 'host' })).rejects.toEqual(closed);
    expect(() => bus.openHostPort()).toThrow(expect.objectContaining({ code: 'ERR_EVENT_DENIED' }));
    expect(reports.map((report) => [report.kind, report.kind === 'refused' && report.topic])).toEqual([
      ['refused', 'm.late'],
      ['refused', 'host.late'],
    ]);
  });
});
