import { describe, expect, it } from 'vitest';
import { parseArtifactAddress } from '../src/artifact-address.js';

const self = '@acme/review';

describe('addresses of artifacts', () => {
  it.each([
    ['reports/a.md', self, 'reports/a.md'],
    ['100%.md', self, '100%.md'],
    ['artifact://self/reports/a%20b.md', self, 'reports/a b.md'],
    ['artifact://@acme/review/a', self, 'a'],
    ['artifact://@acme/other/a/b', '@acme/other', 'a/b'],
    ['artifact://plain/a', 'plain', 'a'],
    ['self/a', self, 'self/a'],
  ])('%s is %s: %s', (address, pluginId, path) => {
    expect(parseArtifactAddress(address, self)).toEqual({ pluginId, path });
  });

  it.each([
    '',
    '/etc/passwd',
    '../a',
    'a/../b',
    'file:///etc/passwd',
    'artifact:',
    'artifact://',
    'artifact://self',
    'artifact://self/',
    'artifact://self/../other/a',
    'artifact://self/%2e%2e/a',
    'artifact://self/a%2fb',
    'artifact://self@acme/a',
    'artifact://SELF/a',
    'ARTIFACT://self/a',
    'artifact://self/a?x',
    'artifact://user:pass@acme/a',
    'https://acme/a',
    'C:\\a',
    undefined,
    null,
    7,
    { toString: () => 'a' },
    new URL('artifact://self/a'),
  ])('refuses %s', (address) => {
    expect(() => parseArtifactAddress(address, self)).toThrow(
      expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }),
    );
  });
});
