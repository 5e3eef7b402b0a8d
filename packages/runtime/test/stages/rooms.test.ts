import { describe, expect, it } from 'vitest';
import { createPluginContext, createRuntime } from '../../src/index.js';
import type { PermissionSpec } from '../../src/index.js';
import { inProcess, pluginFolder } from '../plugin-folder.js';

const TRY_ALL = `export async function tryAll(_input, ctx) {
  const allowed = [];
  for (const scope of ['execution', 'plugin', 'host']) {
    await ctx.events.publish('a', null, { scope }).then(() => allowed.push(scope), () => undefined);
  }
  return allowed;
}`;

describe('the scopes that a grant names', () => {
  it.each<[NonNullable<PermissionSpec['events']>, readonly string[]]>([
    [{}, ['execution', 'plugin']],
    [{ scopes: ['host'] }, ['host']],
    [{ scopes: [] }, []],
    [{ scopes: null }, []],
  ])('of %j are %j', async (events, allowed) => {
    await using plugin = await pluginFolder({ 'try.mjs': TRY_ALL });
    await using runtime = createRuntime(inProcess);
    const { root } = plugin;
    const permissions = { events: { produce: ['a'], ...events } };
    const context = createPluginContext({ capabilities: ['events.publish'], permissions, root, pluginRoot: root });
    expect(await runtime.execute('./try.mjs#tryAll', null, context)).toMatchObject({ ok: true, data: allowed });
  });
});
