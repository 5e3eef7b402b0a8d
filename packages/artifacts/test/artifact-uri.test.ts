import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { artifactUri, parseArtifactUri } from '../src/artifact-uri.js';

describe('artifact URIs', () => {
  it.each([
    ['acme', 'reports/2026.md', 'artifact://acme/reports/2026.md'],
    ['@acme/review', 'reports/2026.md', 'artifact://@acme/review/reports/2026.md'],
    ['acme', 'a b/100%#@.md', 'artifact://acme/a%20b/100%25%23%40.md'],
  ])('%s and %s are %s', (pluginId, path, uri) => {
    expect(artifactUri({ pluginId, path })).toBe(uri);
    expect(parseArtifactUri(uri)).toEqual({ pluginId, path });
  });

  it.each([
    '',
    'artifact://',
    'artifact://acme',
    'artifact://acme/',
    'artifact://@acme/review',
    'artifact:///a',
    'file://acme/a',
    'ARTIFACT://acme/a',
    'artifact://Acme/a',
    'artifact://acme/../b',
    'artifact://acme/%2e%2e/b',
    'artifact://acme/a%2fb',
    'artifact://acme/%61',
    'artifact://acme/a%00',
    'artifact://acme/%ff',
    'artifact://acme/a%',
    'artifact://acme/a?b',
    'artifact://acme/a#b',
    'artifact://../a',
    'artifact://@a/../b',
    'artifact://con/a',
    7,
    null,
    `artifact://a/${'b/'.repeat(3000)}`,
  ])('refuses %j', (uri) => {
    expect(() => parseArtifactUri(uri)).toThrow(expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }));
  });

  it.each(['', 'A', '.a', '@a', '@a/b/c', 'a/b', 'a.', 'nul', '../x', 'x'.repeat(215)])(
    'has no URI for the plugin %j',
    (pluginId) => {
      expect(() => artifactUri({ pluginId, path: 'a' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    },
  );

  it('gives every key one URI, which leads back to it', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom('acme', '@acme/review'),
        fc.array(segment, { minLength: 1, maxLength: 3 }),
        (pluginId, segments) => {
          const key = { pluginId, path: segments.join('/') };
          let uri: string;
          try {
            uri = artifactUri(key);
          } catch {
            // No artifact can have this name.
            return;
          }
          expect(parseArtifactUri(uri)).toEqual(key);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});
