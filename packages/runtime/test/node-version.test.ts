import { assert, nat, property, tuple } from 'fast-check';
import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { assertNodeVersion } from '../src/node-version.js';

describe('assertNodeVersion', () => {
  it('takes the Node that this runs in', () => {
    expect(packageJson.engines.node).toBe('>=22.18');
    expect(assertNodeVersion('>=22.18')).toBeUndefined();
  });

  it.each(['18.20.8', '20.19.0', '22.17.1', '22.9.0'])('refuses %s', (version) => {
    expect(() => assertNodeVersion('>=22.18', version)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', hint: 'run the host with a newer Node' }),
    );
  });

  it('decides as semver does, also on builds before a release', () => {
    assert(
      property(tuple(nat(30), nat(30), nat(3)), nat(2), ([major, minor, patch], kind) => {
        const version = `${major}.${minor}.${patch}${['', '-rc.1', '-nightly2026'][kind]}`;
        const isTaken = satisfies(version, '>=22.18', { includePrerelease: true });
        expect(doesTake(version)).toBe(isTaken);
      }),
    );
  });
});

function doesTake(version: string): boolean {
  try {
    assertNodeVersion('>=22.18', version);
    return true;
  } catch {
    // Which error it is stands above.
    return false;
  }
}
