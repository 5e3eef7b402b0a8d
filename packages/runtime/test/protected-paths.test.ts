import { describe, expect, it } from 'vitest';
import { protectedCode } from '../src/protected-paths.js';

describe('protectedCode', () => {
  it.each([
    ['outside the root', '/data', '/plugins/a'],
    ['in a folder of its own below the root', '/app', '/app/plugins/a'],
  ])('is the whole folder of a plugin %s', (_, root, pluginRoot) => {
    expect(protectedCode({ root, pluginRoot, modules: [`${pluginRoot}/x.js`] })).toEqual([pluginRoot]);
  });

  it('is the folders of the modules where the root is the folder of the plugin', () => {
    const modules = ['/app/handlers/x.js', '/app/handlers/y.js', '/app/schemas/z.js'];

    expect(protectedCode({ root: '/app', pluginRoot: '/app', modules })).toEqual([
      '/app/handlers',
      '/app/schemas',
      '/app/package.json',
      '/app/kb.plugin.json',
      '/app/plugin.json',
    ]);
  });

  it('is the module alone where its folder is the root, or holds it', () => {
    expect(protectedCode({ root: '/app', pluginRoot: '/app', modules: ['/app/x.js'] })[0]).toBe('/app/x.js');
    expect(protectedCode({ root: '/app/data', pluginRoot: '/app', modules: ['/app/x.js'] })).toEqual([
      '/app/x.js',
      '/app/package.json',
      '/app/kb.plugin.json',
      '/app/plugin.json',
      '/app/data/package.json',
      '/app/data/kb.plugin.json',
      '/app/data/plugin.json',
    ]);
  });
});
