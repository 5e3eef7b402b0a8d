import { describe, expect, it } from 'vitest';
import { settingsOf } from '../src/context.js';
import { createPluginContext, parseManifest } from '../src/index.js';
import { createManifestParser } from '../src/known-manifests.js';
import { manifestWith } from './plugin-folder.js';

const settings = settingsOf(createPluginContext({ capabilities: [], permissions: {} }));

function setUp(): { readonly parse: (value: unknown) => unknown; readonly count: () => number } {
  let parsed = 0;
  const parser = createManifestParser((value) => {
    parsed += 1;
    return parseManifest(value);
  });
  return { parse: (value) => parser(value, settings), count: () => parsed };
}

describe('a parser of manifests that it has seen', () => {
  it('parses once what never changes', () => {
    const { parse, count } = setUp();
    const manifest = parseManifest(manifestWith());
    expect([parse(manifest) === parse(manifest), count()]).toEqual([true, 1]);
  });

  it('parses again what has changed, however deep, and not what has not', () => {
    const { parse, count } = setUp();
    const manifest = { ...manifestWith(), handlers: { run: { handler: './a.js#b', description: 'one' } } };
    expect(parse(manifest)).toBe(parse(manifest));
    manifest.handlers.run.description = 'two';
    expect([parse(manifest), count()]).toMatchObject([{ handlers: { run: { description: 'two' } } }, 2]);
  });

  it.each<[string, (manifest: Record<string, unknown>) => void]>([
    ['a getter', (manifest) => Object.defineProperty(manifest, 'version', { get: () => '1.0.0', enumerable: true })],
    ['a symbol', (manifest) => Object.assign(manifest, { [Symbol('x')]: 1 })],
    ['a class instance', (manifest) => Object.assign(manifest, { description: new Date(0) })],
    ['a name that there is not', (manifest) => Object.assign(manifest, { extra: undefined })],
  ])('refuses what has become %s since', (_, change) => {
    const { parse } = setUp();
    const manifest: Record<string, unknown> = { ...manifestWith() };
    parse(manifest);
    change(manifest);
    expect(() => parse(manifest)).toThrow(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
  });
});
