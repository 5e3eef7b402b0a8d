import { describe, expect, it } from 'vitest';
import { manifestSchema } from '../src/manifest-schema.js';
import { parsePluginName } from '../src/plugin-id.js';

describe('the name of a plugin in a request', () => {
  it.each([
    ['acme-review', { id: 'acme-review', range: '*' }],
    ['@acme/review@^1.2.0', { id: '@acme/review', range: '^1.2.0' }],
  ])('%s is read', (text, name) => {
    expect(parsePluginName(text)).toEqual(name);
  });

  it.each(['', 'Acme', '../acme', 'acme@', 'acme@no range', 'con', '@acme/nul.js', 'acme.'])(
    '%j is refused',
    (text) => {
      expect(() => parsePluginName(text)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    },
  );
});

describe('the id in a manifest', () => {
  // An artifact store of such a plugin could not make its folder on Windows.
  it.each(['con', '@acme/nul.js', 'acme.'])('is not %j', (id) => {
    const manifest = { schema: 'kb.plugin/1', id, version: '1.0.0', engines: { runtime: '*' }, handlers: {} };
    expect(manifestSchema.safeParse(manifest).error?.issues.map(({ path }) => path)).toContainEqual(['id']);
  });
});
