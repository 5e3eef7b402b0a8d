import { compilePolicy } from '@kb-labs/permissions';
import { execute, inProcessSandbox, createPluginContext } from '@kb-labs/plugin-runtime';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pluginFile } from '../attacks/arena.js';
import { budget } from './budget.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const spec = {
  allow: ['HOME', 'APP_*', 'AWS_*', 'NO_*', 'SS_*', 'Path', 'proto__*', '__proto__', 'constructor'],
  deny: ['AWS_SECRET_ACCESS_KEY', 'APP_HIDDEN_*'],
};

const known = `HOME APP_NAME APP_ APP AWS_REGION AWS_SECRET_ACCESS_KEY APP_HIDDEN_X APP_HIDDEN NODE_OPTIONS LD_PRELOAD SS_X PATH
  DYLD_X OPENSSL_CONF BASH_ENV SSLKEYLOGFILE NODE_ Path __proto__ constructor toString home app_name aws_secret_access_key`;
const noise = `_ A a = * . \u0131 \u017f ß ﬁ K İ é \u00ad \u200b \u202e ＡＰＰ 0 - () $ % / \\ APP_ NODE_ LD_ [] : é`;

const edit = fc.record({
  at: fc.nat(30),
  cut: fc.constantFrom(0, 0, 1, 2),
  put: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...noise.split(/\s+/), ' ', '\n', '\0', '\ud800', '') },
    { weight: 1, arbitrary: fc.string({ unit: codePoint, maxLength: 300 }) },
  ),
});
const names = fc
  .tuple(fc.constantFrom(...known.split(/\s+/)), fc.oneof(fc.constant([]), fc.array(edit, { maxLength: 3 })))
  .map(([name, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    }, name),
  );

/** What the documentation says of those rules. Windows ignores the case of letters, and of no other character makes two of them one. */
function mayRead(name: string, platform: string): boolean {
  if (name === '' || name.length > 256 || /[=\p{Cc}\p{Cs}]/u.test(name)) return false;
  const ignoresCase = platform === 'win32';
  // Whatever some table of letters takes for a name that is denied is denied with it.
  const wide = ignoresCase ? name.toUpperCase() : name;
  const isOneOf = (given: string, patterns: readonly string[]): boolean =>
    patterns.some((pattern) => {
      const text = ignoresCase ? pattern.toUpperCase() : pattern;
      return text.endsWith('*') ? given.startsWith(text.slice(0, -1)) : given === text;
    });
  const never = ['NODE_*', 'LD_*', 'DYLD_*', 'OPENSSL_*', 'BASH_ENV', 'SSLKEYLOGFILE'];
  if (isOneOf(wide, never) || isOneOf(wide, spec.deny)) return false;
  const exact = ignoresCase ? name.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()) : name;
  return isOneOf(exact, spec.allow);
}

describe('names of variables', () => {
  it.each(['linux', 'win32'] as const)('are decided on as the rules of %s say', (platform) => {
    const policy = compilePolicy({ env: spec }, { root: platform === 'win32' ? 'C:\\' : '/', platform });
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(names, (name) => {
        const { allowed } = policy.check({ kind: 'env', name });
        answers[`${allowed}`] += 1;
        expect([name, allowed]).toEqual([name, mayRead(name, platform)]);
      }),
      budget(2_000),
    );
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(100);
  });

  it('come to a handler exactly where they were allowed', async () => {
    const given = fc.sample(names, { numRuns: 2_000, seed: 1 });
    // A variable of that name is lost where options are parsed, and with it all that it could do.
    const kept = given.filter((name) => name !== '__proto__');
    const env = Object.fromEntries(kept.map((name, index) => [name, `value ${index}`]));
    const context = createPluginContext({
      capabilities: ['env.read'],
      permissions: { env: spec },
      env,
      pluginRoot: pluginFile('d', '.'),
      sandbox: inProcessSandbox(),
      requiredConfinement: 'none',
    });
    const result = await execute('./handlers.js#lists', {}, context);
    const expected = Object.keys(env).filter((name) => mayRead(name, process.platform));
    expect(result).toMatchObject({ ok: true, data: { own: expected.toSorted() } });
    expect(expected.length).toBeGreaterThan(20);
  });
});
