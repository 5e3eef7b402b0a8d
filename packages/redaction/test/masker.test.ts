import { describe, expect, it } from 'vitest';
import { createMasker } from '../src/index.js';

describe('a masker', () => {
  const masker = createMasker({ keys: ['note'], secrets: ['hunter22', 'Grüße-geheim'] });

  it('tells secret keys, masks texts of any length, and leaves the rest as it is', () => {
    expect(['password', 'Note', 'name'].map((key) => masker.isSecretKey(key))).toEqual([true, true, false]);
    expect(masker.maskText('nothing')).toBe('nothing');
    expect(masker.maskText(`${'x'.repeat(100_000)}hunter22`)).toBe(`${'x'.repeat(100_000)}[redacted]`);
  });

  it('masks secrets in bytes, as UTF-8 and as what is none', () => {
    const plain = Uint8Array.of(0xff, 0x00);
    expect(masker.maskBytes(plain)).toBe(plain);
    expect(Buffer.from(masker.maskBytes(Buffer.from('x Grüße-geheim y'))).toString()).toBe('x [redacted] y');
    const binary = Buffer.concat([plain, Buffer.from('hunter22'), plain]);
    expect(masker.maskBytes(binary)).toEqual(new Uint8Array(Buffer.concat([plain, Buffer.from('[redacted]'), plain])));
  });

  it.each([
    [{ keys: 'x' }, '/r/keys'],
    [{ secrets: ['abc'] }, '/r/secrets/0'],
    [{ limits: {} }, '/r/limits'],
  ])('refuses %o', (options, pointer) => {
    expect(() => Reflect.apply(createMasker, undefined, [options, '/r'])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });
});
