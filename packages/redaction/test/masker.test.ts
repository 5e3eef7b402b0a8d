import { describe, expect, it } from 'vitest';
import { createMasker } from '../src/index.js';

describe('a masker', () => {
  const masker = createMasker({ keys: ['note'], secrets: ['hunter22', 'Grüße-geheim'] });

  it('tells secret keys, masks texts of any length, and leaves the rest as it is', () => {
    expect(['password', 'Note', 'name'].map((key) => masker.isSecretKey(key))).toEqual([true, true, false]);
    expect(masker.maskText('nothing')).toBe('nothing');
    expect(masker.maskText(`${'x'.repeat(100_000)}hunter22`)).toBe(`${'x'.repeat(100_000)}[redacted]`);
  });

  it('tells numbers that hold a known secret', () => {
    const numbers = [12_345_678, 1_234_567, 9.123_456_78, -Infinity, Number.NaN, 1e21];
    const toldBy = (secrets: readonly string[]): readonly boolean[] =>
      numbers.map((number) => createMasker({ secrets }).isSecretNumber(number));
    expect(toldBy([])).toEqual([false, false, false, false, false, false]);
    expect(toldBy(['correct horse'])).toEqual([false, false, false, false, false, false]);
    expect(toldBy(['12345678'])).toEqual([true, false, true, false, false, false]);
    expect(toldBy(['Infi', '1e+21'])).toEqual([false, false, false, true, false, true]);
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
