import type { EnvPermissionSpec } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../src/index.js';

function ask(spec: EnvPermissionSpec, name: string, platform: NodeJS.Platform = 'linux'): string {
  const root = platform === 'win32' ? 'C:\\srv' : '/srv';
  const decision = compilePolicy({ env: spec }, { root, platform }).check({ kind: 'env', name });
  return decision.allowed ? decision.rule : decision.reason;
}

describe('environment rules', () => {
  it.each([
    ['HOME', 'HOME'],
    ['APP_NAME', 'APP_*'],
    ['APP_', 'APP_*'],
    ['APP', 'not-requested'],
    ['XAPP_NAME', 'not-requested'],
    ['HOMEX', 'not-requested'],
    ['home', 'not-requested'],
    ['', 'invalid-name'],
    ['A=B', 'invalid-name'],
    ['A\0', 'invalid-name'],
    ['APP_\n', 'invalid-name'],
    ['APP_\ud800', 'invalid-name'],
    [`APP_${'A'.repeat(256)}`, 'invalid-name'],
    ['__proto__', 'not-requested'],
    ['constructor', 'not-requested'],
  ])('%j → %s', (name, expected) => {
    expect(ask({ allow: ['HOME', 'APP_*'] }, name)).toBe(expected);
  });

  it('deny what a deny rule names, whatever allows it', () => {
    const spec = { allow: ['AWS_*', 'AWS_SECRET_ACCESS_KEY'], deny: ['AWS_SECRET_ACCESS_KEY'] };
    expect(ask(spec, 'AWS_SECRET_ACCESS_KEY')).toBe('denied-by-rule');
    expect(ask(spec, 'AWS_REGION')).toBe('AWS_*');
  });

  it.each([
    'NODE_OPTIONS',
    'NODE_ENV',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'OPENSSL_CONF',
    'BASH_ENV',
    'SSLKEYLOGFILE',
  ])('never give %s', (name) => {
    expect(ask({ allow: [name, `${name.slice(0, 2)}*`] }, name)).toBe('mandatory-deny');
  });

  it('ignore case where the system does', () => {
    expect(ask({ allow: ['Path'] }, 'PATH', 'win32')).toBe('Path');
    expect(ask({ allow: ['node_*'] }, 'node_options', 'win32')).toBe('mandatory-deny');
    expect(ask({ allow: ['AB*'], deny: ['ABC'] }, 'abc', 'win32')).toBe('denied-by-rule');
    expect(ask({ allow: ['Path'] }, 'PATH')).toBe('not-requested');
  });

  it('take no other letter for one of theirs, unless to deny', () => {
    const spec = { allow: ['SS_*', 'API_*'], deny: ['API_SECRET'] };
    expect(ask(spec, '\u00df_NAME', 'win32')).toBe('not-requested');
    expect(ask(spec, 'AP\u0131_NAME', 'win32')).toBe('not-requested');
    expect(ask(spec, 'API_\u017fecret', 'win32')).toBe('denied-by-rule');
    expect(ask(spec, 'api_\u017fe', 'win32')).toBe('API_*');
  });

  it.each(['*', '', 'A*', '*_KEY', 'A*B', '**', 'A B', 'A=B', 'A\0', '1A', '__proto__*'.repeat(40)])(
    'are refused as %j',
    (rule) => {
      expect(() => ask({ allow: [rule] }, 'HOME')).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          details: expect.objectContaining({ pointer: '/env/allow/0' }),
        }),
      );
    },
  );
});
