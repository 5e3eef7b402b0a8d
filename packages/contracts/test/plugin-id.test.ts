import { describe, expect, it } from 'vitest';
import { isPluginId } from '../src/index.js';

describe('plugin ids', () => {
  it.each([
    'acme',
    '@acme/review',
    'a',
    '0',
    'a.b-c_d~e',
    '-a',
    'console',
    'com10',
    'a.con',
    '@con/acme',
    '@acme/self',
    'selfish',
    'a'.repeat(214),
    `@acme/${'a'.repeat(208)}`,
  ])('may be %s', (id) => {
    expect(isPluginId(id)).toBe(true);
  });

  it.each([
    '',
    'self',
    'Acme',
    '.acme',
    '_acme',
    'acme.',
    'acme..',
    '..',
    '@acme',
    '@/acme',
    '@acme/',
    '@acme./review',
    '@acme/.review',
    '@acme/../review',
    'acme/review',
    '@acme/review/more',
    'acme\n',
    'acme ',
    'acm\u{435}',
    'con',
    'nul.txt',
    'com1',
    '@acme/lpt9',
    '@acme/aux.js',
    'node_modules',
    'favicon.ico',
    'a'.repeat(215),
  ])('may not be %j', (id) => {
    expect(isPluginId(id)).toBe(false);
  });

  it.each([undefined, null, 1, ['acme'], { toString: () => 'acme' }])('are strings, not %o', (value) => {
    expect(isPluginId(value)).toBe(false);
  });
});
