import { describe, expect, it } from 'vitest';
import { createPluginContext } from '../src/index.js';
import { settingsOf } from '../src/context.js';
import { createKnownPlaces } from '../src/known-places.js';
import type { PlaceKey } from '../src/known-places.js';
import { manifestWith } from './plugin-folder.js';

const settings = settingsOf(createPluginContext({ capabilities: [], permissions: {} }));
const codeFolders: readonly string[] = [];
const key: PlaceKey = { settings, manifest: undefined, root: '/plugin', handler: './a.js#b', codeFolders };

describe('known places', () => {
  it('are those of one context, manifest, folder, handler and state of what is installed', () => {
    const places = createKnownPlaces<{ readonly n: number }>();
    places.keep(key, { n: 1 });
    const others: Partial<PlaceKey>[] = [
      { settings: settingsOf(createPluginContext({ capabilities: [], permissions: {} })) },
      { manifest: manifestWith() },
      { root: '/other' },
      { handler: './a.js#c' },
      { handler: { file: './a.js', export: 'b' } },
      { codeFolders: [] },
    ];
    expect(places.find({ ...key })).toEqual({ n: 1 });
    expect(others.map((other) => places.find({ ...key, ...other }))).toEqual(others.map(() => undefined));
  });

  it('are not had by a text that looks like a reference in two parts', () => {
    const places = createKnownPlaces<{ readonly n: number }>();
    places.keep({ ...key, handler: { file: './a.js', export: 'b' } }, { n: 1 });
    const texts = ['\0./a.js#b', 'parts ./a.js#b', './a.js#b'];
    expect(texts.map((handler) => places.find({ ...key, handler }))).toEqual(texts.map(() => undefined));
  });

  it('are the latest of one plugin, however many names are tried', () => {
    const places = createKnownPlaces<{ readonly n: number }>();
    for (let n = 0; n < 1000; n += 1) places.keep({ ...key, handler: `./a.js#b${n}` }, { n });
    const kept = Array.from({ length: 1000 }, (_, n) => places.find({ ...key, handler: `./a.js#b${n}` })?.n);
    expect(kept.filter((n) => n !== undefined)).toEqual(Array.from({ length: 64 }, (_, index) => 936 + index));
  });
});
