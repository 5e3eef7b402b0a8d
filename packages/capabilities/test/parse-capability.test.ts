import { describe, expect, it } from 'vitest';
import { parseCapability } from '../src/index.js';

describe('parseCapability', () => {
  it.each([
    ['fs.read', { name: 'fs.read', range: undefined }],
    ['fs.read@^1', { name: 'fs.read', range: '^1' }],
    ['acme.mail@>=1.2.0 <3 || 4.x', { name: 'acme.mail', range: '>=1.2.0 <3 || 4.x' }],
  ])('reads %s', (text, capability) => {
    expect(parseCapability(text)).toEqual(capability);
    expect(Object.isFrozen(parseCapability(text))).toBe(true);
  });

  it('says why it refuses', () => {
    expect(() => parseCapability('fs.\u{1b}[31mread')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: '"fs.?[31mread" is no capability: control-character',
        details: { capability: '"fs.?[31mread"', reason: 'control-character' },
      }),
    );
  });

  it.each([null, 1, {}, [], Symbol('fs.read')])('refuses what is no string: %s', (value) => {
    expect(() => parseCapability(value)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
