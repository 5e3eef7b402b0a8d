import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createCapabilityRegistry, defaultCapabilities } from '../src/index.js';

const BUILT_IN = [
  'analytics.track',
  'artifacts.read',
  'artifacts.write',
  'config.write',
  'env.read',
  'events.publish',
  'events.subscribe',
  'fs.read',
  'fs.write',
  'net.fetch',
  'plugin.invoke',
  'presenter.confirm',
  'presenter.show',
  'shell.run',
];

describe('the registry', () => {
  it('knows the built-in capabilities', () => {
    expect(defaultCapabilities.names).toEqual(BUILT_IN);
    expect(new Set(BUILT_IN.map((name) => defaultCapabilities.versionOf(name)))).toEqual(new Set(['1.0.0']));
  });

  it('knows what brings each host function', () => {
    for (const name of Object.values(HOST_FUNCTIONS)) expect(defaultCapabilities.names).toContain(name);
  });

  it('takes what a host adds, and what it provides in another version', () => {
    const known = createCapabilityRegistry({ 'acme.mail': '2.1.0', 'fs.read': '1.3.0' });
    expect(known.names).toEqual(['acme.mail', ...BUILT_IN]);
    expect([known.versionOf('acme.mail'), known.versionOf('fs.read')]).toEqual(['2.1.0', '1.3.0']);
    expect(defaultCapabilities.versionOf('fs.read')).toBe('1.0.0');
  });

  it.each(['__proto__', 'constructor', 'toString', 'acme.mail', ''])('has never heard of %j', (name) => {
    expect(defaultCapabilities.versionOf(name)).toBeUndefined();
  });

  it('is immutable', () => {
    expect([defaultCapabilities, defaultCapabilities.names].every(Object.isFrozen)).toBe(true);
  });

  it.each<[Record<string, string>, string]>([
    [{ 'Acme.mail': '1.0.0' }, 'upper-case'],
    [{ 'acme.*': '1.0.0' }, 'wildcard'],
    [{ constructor: '1.0.0' }, 'reserved-name'],
    [{ 'acme.mail': '1' }, 'bad-version'],
    [{ 'acme.mail': '^1.0.0' }, 'bad-version'],
    [{ 'acme.mail': 'v1.0.0' }, 'bad-version'],
    [{ 'acme.mail': ' 1.0.0' }, 'bad-version'],
  ])('refuses %j', (extra, reason) => {
    expect(() => createCapabilityRegistry(extra)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: expect.objectContaining({ reason }) }),
    );
  });
});
