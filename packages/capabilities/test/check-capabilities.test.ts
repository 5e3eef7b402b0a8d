import { performance } from 'node:perf_hooks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkCapabilities,
  compileGrants,
  createCapabilityRegistry,
  defaultCapabilities,
  validateCapabilityNames,
} from '../src/index.js';

describe('checkCapabilities', () => {
  it('splits what is required into granted and missing', () => {
    expect(checkCapabilities(['fs.read', 'net.fetch'], ['fs.read'])).toEqual({
      granted: ['fs.read'],
      missing: ['net.fetch'],
    });
  });

  it('freezes what it returns', () => {
    const check = checkCapabilities(['fs.read', 'net.fetch'], ['fs.read']);
    expect([check, check.granted, check.missing].every(Object.isFrozen)).toBe(true);
  });

  it.each<[string, string[], boolean]>([
    ['fs.read', ['fs'], false],
    ['fs.read', ['fs.re'], false],
    ['fs.read', ['fs.read.meta'], false],
    ['fs', ['fs.*'], false],
    ['fs.read', ['fs.*'], true],
    ['fs.read.meta', ['fs.*'], true],
    ['fsx.read', ['fs.*'], false],
    ['fs.read', ['*'], true],
    ['never.heard', ['*'], false],
    ['never.heard', ['never.*'], false],
    ['never.heard', ['never.heard'], true],
    ['never.heard@^1', ['never.heard'], false],
    ['never.heard@^1', ['never.heard@1.4.0'], true],
    ['fs.read@^1', ['fs.read'], true],
    ['fs.read@^1', ['fs.*'], true],
    ['fs.read@^2', ['*'], false],
    ['fs.read@^2', ['fs.read'], false],
    ['fs.read@^1.1', ['fs.read@1.2.0'], true],
    ['fs.read@^1.1', ['fs.read@1.0.0'], false],
    ['fs.read@^1.1', ['fs.read@1.0.0', 'fs.read@1.1.0'], true],
    ['fs.read@1 || 2', ['fs.read'], true],
    ['fs.*', ['fs.*'], false],
    ['*', ['*'], false],
    ['FS.READ', ['fs.read'], false],
    ['fs.read@', ['fs.read'], false],
    ['fs.read@latest', ['fs.read'], false],
  ])('%s by %j → %s', (required, granted, covered) => {
    const known = createCapabilityRegistry({ 'fs.read.meta': '1.0.0', fs: '1.0.0' });
    const expected = covered ? { granted: [required], missing: [] } : { granted: [], missing: [required] };
    expect(checkCapabilities([required], granted, known)).toEqual(expected);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype).concat('prototype'))('never grants %s', (name) => {
    expect(checkCapabilities([name], ['*'])).toEqual({ granted: [], missing: [name] });
    expect(() => checkCapabilities([name], [name])).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it('tells each name once, in the order in which they are required', () => {
    expect(checkCapabilities(['b', 'fs.read', 'a', 'b', 'fs.read'], ['fs.read'])).toEqual({
      granted: ['fs.read'],
      missing: ['b', 'a'],
    });
  });

  it.each<[string, unknown, unknown]>([
    ['too many required', Array.from({ length: 1001 }, (_, index) => `a${index}`), []],
    ['too many granted', [], Array.from({ length: 1001 }, (_, index) => `a${index}`)],
    ['a name of a megabyte', ['a'.repeat(2 ** 20)], []],
    ['no list', 'fs.read', []],
    ['a hole', Array.from({ length: 2 }), []],
    ['a number', [1], []],
    ['* beside others', [], ['*', 'fs.read']],
    ['* with a version', [], ['*@1.0.0']],
    ['a wildcard with a version', [], ['fs.*@1.0.0']],
    ['a wildcard inside', [], ['fs.*.meta']],
    ['a wildcard glued to a name', [], ['fs*']],
    ['a range', [], ['fs.read@^1']],
    ['an unclean version', [], ['fs.read@v1.0.0']],
    ['a homoglyph', [], ['fs.r\u{435}ad']],
    ['upper case', [], ['Fs.read']],
    ['a wildcard below nothing', [], ['.*']],
  ])('refuses %s', (_, required, granted) => {
    // Callers without types hand in anything.
    const check: (...lists: never[]) => unknown = checkCapabilities;
    expect(() => check(required as never, granted as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });

  it('takes hostile ranges apart in under 5 ms', () => {
    for (const range of [`1${' '.repeat(240)}2`, '||'.repeat(128), `>=1${' '.repeat(50_000)}<2`, '1'.repeat(1e6)]) {
      // The best of five: other processes may hold the processor in one.
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        validateCapabilityNames([`fs.read@${range}`]);
        return performance.now() - start;
      });
      expect(Math.min(...times)).toBeLessThan(5);
    }
  });

  it('never grants what is neither named nor below a wildcard', () => {
    const segment = fc.constantFrom('fs', 'read', 'write', 'net', 'constructor', '__proto__', 'a');
    const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('.'));
    fc.assert(
      fc.property(name, fc.constantFrom('fs.read', 'fs.*', 'net.fetch', 'a'), (required, grant) => {
        const { granted } = checkCapabilities([required], [grant]);
        const named = required === grant || (grant.endsWith('.*') && required.startsWith(grant.slice(0, -1)));
        expect(granted.length === 0 || named).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('validateCapabilityNames', () => {
  it.each<[unknown, string]>([
    ['', 'empty'],
    ['__proto__', 'reserved-name'],
    ['constructor', 'reserved-name'],
    ['prototype', 'reserved-name'],
    ['toString', 'reserved-name'],
    ['fs.constructor', 'reserved-name'],
    ['fs.r\u{435}ad', 'not-ascii'],
    ['fs\u{3002}read', 'not-ascii'],
    ['fs.\u{202E}read', 'not-ascii'],
    ['fs.read\n', 'control-character'],
    ['fs.read\0', 'control-character'],
    ['a'.repeat(129), 'too-long'],
    [`fs.read@${'1'.repeat(257)}`, 'too-long'],
    ['fs..read', 'empty-segment'],
    ['.fs', 'empty-segment'],
    ['fs.', 'empty-segment'],
    ['Fs.read', 'upper-case'],
    ['fs.*', 'wildcard'],
    ['*', 'wildcard'],
    ['fs.1read', 'bad-character'],
    ['fs/read', 'bad-character'],
    ['fs.read@', 'bad-range'],
    ['fs.read@not a range', 'bad-range'],
    ['fs.read@^1@^2', 'bad-range'],
    [undefined, 'not-a-string'],
    [{ toString: () => 'fs.read' }, 'not-a-string'],
  ])('%j → %s', (name, reason) => {
    expect(validateCapabilityNames([name])).toEqual({ valid: [], invalid: [{ name: expect.any(String), reason }] });
  });

  it('keeps the order and the spelling of what is valid', () => {
    const names = ['net.fetch', 'fs.read@>=1 <2', 'acme-2.mail_box', 'net.fetch'];
    expect(validateCapabilityNames(names)).toEqual({ valid: names, invalid: [] });
  });

  it('shows a hostile name as short printable text', () => {
    const { invalid } = validateCapabilityNames([`\u{1b}[31m${'a'.repeat(2 ** 20)}`]);
    expect(invalid[0]?.name).toBe(`?[31m${'a'.repeat(123)}...`);
  });

  it('refuses more than 1000 names', () => {
    expect(() => validateCapabilityNames(Array.from({ length: 1001 }, () => 'fs.read'))).toThrow('at most 1000');
  });

  it('throws at nothing that stands in the list', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 20 }), (names) => {
        const { valid, invalid } = validateCapabilityNames(names);
        expect(valid.length + invalid.length).toBe(names.length);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('compileGrants', () => {
  const names = [...defaultCapabilities.names, 'acme.mail', 'never.heard', 'constructor', 'FS.READ', 'fs', '', 'a b'];
  const name = fc.constantFrom(...names);
  const range = fc.constantFrom('', '@^1', '@^2', '@1.0.0', '@', '@latest', '@>=1 <3');
  const grant = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('fs.read', 'acme.mail', 'never.heard', 'net.fetch'),
        fc.constantFrom('', '@1.4.0', '@2.0.0'),
      )
      .map((parts) => parts.join('')),
    fc.constantFrom('fs.*', 'acme.*', 'never.*'),
  );

  it('decides on one and on many as checkCapabilities does', () => {
    const known = createCapabilityRegistry({ 'acme.mail': '2.1.0' });
    const required = fc.array(
      fc.tuple(name, range).map((parts) => parts.join('')),
      { maxLength: 6 },
    );
    const granted = fc.oneof(fc.array(grant, { maxLength: 5 }), fc.constant(['*']));
    fc.assert(
      fc.property(required, granted, (wanted, given) => {
        const grants = compileGrants(given, known);
        const check = checkCapabilities(wanted, given, known);
        expect(grants.check(wanted)).toEqual(check);
        expect(wanted.filter((text) => grants.covers(text))).toEqual(
          wanted.filter((text) => check.granted.includes(text)),
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is not changed by what becomes of the list', () => {
    const granted = ['fs.read'];
    const grants = compileGrants(granted);
    granted.push('net.fetch');
    expect(grants.covers('net.fetch')).toBe(false);
    expect(Object.isFrozen(grants)).toBe(true);
  });

  it('refuses what checkCapabilities refuses', () => {
    for (const granted of [['FS.READ'], ['*', 'fs.read'], ['fs.read@^1']]) {
      expect(() => compileGrants(granted)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    }
    expect(() => compileGrants([]).check('fs.read' as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});
