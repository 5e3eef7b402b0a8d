import { describe, expect, it } from 'vitest';
import { createPluginContext, parseManifest } from '../../src/index.js';
import type { PluginContextOptions } from '../../src/index.js';
import { settingsOf } from '../../src/context.js';
import type { Job } from '../../src/request.js';
import { createIsolations } from '../../src/stages/isolation.js';
import type { Prepared } from '../../src/stages/prepare.js';

const settings = (options: Partial<PluginContextOptions>): Job['settings'] =>
  settingsOf(createPluginContext({ capabilities: [], permissions: {}, ...options }));

const manifest = (reentrant: boolean | undefined): Prepared['manifest'] =>
  parseManifest({
    schema: 'kb.plugin/1',
    id: 'a',
    version: '1.0.0',
    engines: { runtime: '*' },
    handlers: {},
    ...(reentrant !== undefined && { reentrant }),
  });

function isolationOf(
  options: Partial<PluginContextOptions>,
  { dryRun = false, reentrant = undefined as boolean | undefined, of = createIsolations('plugin') } = {},
): ReturnType<ReturnType<typeof createIsolations>> {
  return of({ settings: settings(options), dryRun }, { manifest: manifest(reentrant) });
}

describe('who may meet what a run leaves', () => {
  it('is nobody by default, where the context says so, and in a dry run', () => {
    const alone = { kind: 'execution' };
    expect(isolationOf({}, { of: createIsolations('execution') })).toEqual(alone);
    expect(isolationOf({ isolation: 'execution' })).toEqual(alone);
    expect(isolationOf({}, { dryRun: true })).toEqual(alone);
  });

  it('are runs of one tenant, by whatever context, or of one context', () => {
    const of = createIsolations('execution');
    const named = isolationOf({ isolation: 'plugin', tenant: 'acme' }, { of });
    expect(isolationOf({ isolation: 'plugin', tenant: 'acme' }, { of })).toEqual(named);
    expect(isolationOf({ isolation: 'plugin', tenant: 'other' }, { of })).not.toEqual(named);
    const own = settings({ isolation: 'plugin' });
    const first = of({ settings: own, dryRun: false }, { manifest: undefined });
    expect(of({ settings: own, dryRun: false }, { manifest: undefined })).toEqual(first);
    expect(isolationOf({ isolation: 'plugin' }, { of })).not.toEqual(first);
    expect(isolationOf({ isolation: 'plugin', tenant: 'context 1' }, { of })).not.toEqual(first);
  });

  it('is not a context of another runtime, which may have the same adapter', () => {
    expect(isolationOf({}, { of: createIsolations('plugin') })).not.toEqual(
      isolationOf({}, { of: createIsolations('plugin') }),
    );
  });

  it('may be several at once where the manifest says so', () => {
    const isReentrant = (reentrant: boolean | undefined): unknown =>
      Reflect.get(isolationOf({}, { reentrant }), 'reentrant');
    expect([true, false, undefined].map(isReentrant)).toEqual([true, false, false]);
  });
});
