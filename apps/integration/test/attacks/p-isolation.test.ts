import { describe, expect, it } from 'vitest';
import { forkSandbox } from '@kb-labs/plugin-runtime';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { hostSidePlaces } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';

// Several processes are idle at once here.
const forks = hostSidePlaces
  .filter(({ name }) => name.startsWith('fork') && process.platform === 'linux')
  .map((place) => ({
    ...place,
    create: () => forkSandbox({ wall: place.name === 'fork' ? 'off' : 'required', maxSpares: 8 }),
  }));
const reads = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read' as const, allow: ['data'] } } };
const nothing = [null, null, null, null];
const marks = (mark: string): readonly string[] => [mark, mark, mark, mark];

describe.each(forks)('$name', (place) => {
  describe.skipIf(!place.works)(`a process that serves several runs${place.notRun}`, () => {
    const arena = openArena(place, 'p-stays', { isolation: 'plugin' });
    const run = async (name: string, input: unknown, grant: Partial<PluginContextOptions>): Promise<unknown> =>
      dataOf(await arena.run(name, input, { ...reads, ...grant }));

    it('P10 shows what a run has left to later runs of the same plugin, policy and tenant', async () => {
      expect(await run('leaves', { mark: 'mine' }, { tenant: 'shows' })).toEqual(marks('mine'));
      expect(await run('finds', {}, { tenant: 'shows' })).toEqual(marks('mine'));
    });

    it.each<[string, Partial<PluginContextOptions>]>([
      ['another tenant', { tenant: 'theirs' }],
      ['another name of a tenant', { tenant: 'context 1' }],
      ['another plugin', { plugin: { id: 'another', version: '1.0.0' } }],
      ['another version', { plugin: { id: 'anonymous', version: '0.0.1' } }],
      ['less that is allowed', { permissions: {} }],
      ['more that is allowed', { permissions: { fs: { mode: 'read', allow: ['.'] } } }],
      ['fewer capabilities', { capabilities: [] }],
      ['more capabilities', { capabilities: ['fs.read', 'analytics.track'] }],
      ['a dry run', { dryRun: true }],
      ['isolation by execution', { isolation: 'execution' }],
    ])('P10 shows nothing of it to %s', async (name, other) => {
      const tenant = `shows nothing to ${name}`;
      expect(await run('leaves', { mark: name }, { tenant })).toEqual(marks(name));
      expect(await run('finds', {}, { tenant, ...other })).toEqual(nothing);
      // Those that do show it have gone on.
      expect(await run('finds', {}, { tenant })).toEqual(marks(name));
    });

    it('P10 shows nothing of one context without a tenant to another', async () => {
      expect(await run('leaves', { mark: 'a' }, {})).toEqual(marks('a'));
      expect(await run('finds', {}, {})).toEqual(nothing);
    });

    it('P10 lends nothing of a run that is over', async () => {
      await run('leaves', { mark: 'lent' }, { tenant: 'lends' });
      const bout = await arena.run('borrows', {}, { ...reads, tenant: 'lends' });
      expect(dataOf(bout)).toBe('ERR_PERMISSION_DENIED');
      expect(bout.result.metrics.hostCalls.used).toBe(0);
    });

    it('P10 says nothing in the name of a run that is over, nor in that of the next', async () => {
      for (let done = 0; done < 3; done += 1) {
        expect(await run('lingers', {}, { tenant: 'lingers' })).toBe('well');
        const { result } = await arena.run('waits', { ms: 20 }, { ...reads, tenant: 'lingers' });
        expect(result).toMatchObject({ ok: true, logs: [] });
      }
    });
  });
});

describe.each(hostSidePlaces.filter(({ name }) => !name.startsWith('fork')))('$name', (place) => {
  const arena = openArena(place, 'p-stays');

  it('P10 has no process that serves several runs, and says so', async () => {
    const bout = await arena.run('finds', {}, { isolation: 'plugin' });
    expect(failureOf(bout, 'ERR_CONFIG_INVALID')).toMatchObject({
      stage: 'sandbox',
      message: `the sandbox "${place.name}" has no isolation "plugin"`,
    });
  });
});
