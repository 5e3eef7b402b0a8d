import { compilePolicy } from '@kb-labs/permissions';
import type { AuditRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { selectEnv } from '../src/index.js';

describe('selectEnv', () => {
  const policy = compilePolicy({ env: { allow: ['HOME', 'APP_*', 'NODE_OPTIONS'] } }, { root: '/' });

  it('picks what is allowed, and keeps the mandatory denies', () => {
    const audits: AuditRecord[] = [];
    const env = { HOME: '/h', APP_KEY: 'k', APP_NONE: undefined, NODE_OPTIONS: '--x', PATH: '/bin' };
    const selected = selectEnv({ policy, env, audit: (record) => audits.push(record) });
    expect(selected).toEqual({ HOME: '/h', APP_KEY: 'k' });
    expect(Object.isFrozen(selected)).toBe(true);
    expect(audits.map(({ target, decision }) => [target, decision.allowed])).toEqual([
      ['HOME', true],
      ['APP_KEY', true],
      ['APP_NONE', true],
      ['NODE_OPTIONS', false],
      ['PATH', false],
    ]);
  });

  it('decides on wanted names whether they are set or not', () => {
    const audits: AuditRecord[] = [];
    const wanted = ['HOME', 'HOME', 'SECRET', '__proto__', 'constructor'];
    expect(selectEnv({ policy, env: {}, wanted, audit: (record) => audits.push(record) })).toEqual({});
    expect(audits.map(({ target }) => target)).toEqual(['HOME', 'SECRET', '__proto__', 'constructor']);
  });

  it('never reads what the record inherits', () => {
    const open = compilePolicy({ env: { allow: ['__proto__', 'INHERITED'] } }, { root: '/' });
    const env: Record<string, string> = Object.create({ INHERITED: 'x' });
    expect(selectEnv({ policy: open, env, wanted: ['INHERITED', '__proto__'], audit: () => undefined })).toEqual({});
  });
});
