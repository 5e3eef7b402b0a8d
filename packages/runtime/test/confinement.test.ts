import { describe, expect, it } from 'vitest';
import { assertConfined, confinementTable } from '../src/confinement.js';

describe('confinement', () => {
  it('asks guard of what is not named', () => {
    expect(confinementTable({ net: 'wall', time: 'none' })).toEqual({
      ...confinementTable('guard'),
      net: 'wall',
      time: 'none',
    });
  });

  it('takes what is as firm or firmer', () => {
    expect(() => assertConfined('x', confinementTable('guard'), confinementTable('wall'))).not.toThrow();
    expect(() => assertConfined('x', confinementTable('none'), confinementTable('none'))).not.toThrow();
  });

  it('names every line that falls short, and the option that would accept it', () => {
    const offered = { ...confinementTable('wall'), net: 'guard', fs: 'none' } as const;

    expect(() => assertConfined('fork', confinementTable('wall'), offered)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFINEMENT_TOO_WEAK',
        message: 'the sandbox "fork" is too weak: fs (needs wall, has none), net (needs wall, has guard)',
        details: {
          adapter: 'fork',
          missing: [
            { confinement: 'fs', needed: 'wall', offered: 'none' },
            { confinement: 'net', needed: 'wall', offered: 'guard' },
          ],
        },
        hint: expect.stringContaining("requiredConfinement: { fs: 'none', net: 'guard' }"),
      }),
    );
  });

  it.each([
    ['fork', /^install bubblewrap .* Linux .*quickjsSandbox\(\) of @kb-labs\/sandbox-quickjs.*; last, .*trusted/u],
    ['in-process', /^use "fork", .*bubblewrap on Linux.*quickjsSandbox\(\).*; last, .*trusted/u],
  ])('says of "%s" first what would be firm enough, and last what would let it through', (adapter, hint) => {
    expect(() => assertConfined(adapter, confinementTable('wall'), confinementTable('guard'))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(hint) }),
    );
  });

  it('counts as none what an adapter leaves out or makes up', () => {
    const odd: unknown = { ...confinementTable('wall'), net: undefined, fs: 'fortress' };
    const offered = odd as ReturnType<typeof confinementTable>;

    expect(() => assertConfined('odd', confinementTable('guard'), offered)).toThrow(
      expect.objectContaining({
        message: 'the sandbox "odd" is too weak: fs (needs guard, has none), net (needs guard, has none)',
      }),
    );
  });
});
