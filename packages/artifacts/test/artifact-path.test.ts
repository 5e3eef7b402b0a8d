import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArtifactPath } from '../src/artifact-path.js';

describe('artifact paths', () => {
  it.each(['a', 'reports/2026.md', '.hidden', 'a b/c', 'ünï/日本語', 'console.log', 'a..b', `${'x'.repeat(255)}/y`])(
    'takes %j as it is',
    (path) => {
      expect(parseArtifactPath(path)).toBe(path);
    },
  );

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/./b',
    'a/..',
    'a\\b',
    '..\\a',
    'C:',
    'C:/a',
    'a:stream',
    'a\0b',
    'a\nb',
    'a\u007f',
    'a\u0085',
    'a\u2028',
    'a\ud800',
    'a.',
    'a /b',
    'a/b ',
    'con',
    'CON',
    'Con.txt',
    'nul .txt',
    'a/com1',
    'lpt¹.log',
    'CONIN$',
    'a*',
    'a?',
    'a|b',
    'a<b',
    'a"b',
    'x'.repeat(256),
    '日'.repeat(86),
    'ab/'.repeat(400) + 'a',
  ])('refuses %j', (path) => {
    expect(() => parseArtifactPath(path)).toThrow(expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }));
  });

  it.each([undefined, null, 1, {}, ['a'], Buffer.from('a'), new URL('file:///a'), { toString: () => 'a' }])(
    'refuses what is no string: %s',
    (path) => {
      expect(() => parseArtifactPath(path)).toThrow(expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }));
    },
  );

  it('never lets a path out of its folder, whatever it is made of', () => {
    const piece = fc.constantFrom('a', '.', '..', '/', '\\', '\0', ':', ' ', '%2e', '%2f', 'con', '\u202e', 'é');
    const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(hostile, (path) => {
        const parsed = attempt(() => parseArtifactPath(path));
        if (parsed === undefined) return;
        expect(new URL(`file:///root/${parsed.split('/').map(encodeURIComponent).join('/')}`).pathname).toMatch(
          /^\/root\/./,
        );
        expect(parsed.split('/').filter((segment) => segment === '' || segment === '.' || segment === '..')).toEqual(
          [],
        );
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // Refused, which is always safe.
    return undefined;
  }
}
