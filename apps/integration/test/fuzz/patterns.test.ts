import { isPluginError } from '@kb-labs/contracts';
import { compilePolicy } from '@kb-labs/permissions';
import { array, assert as holds, constantFrom, oneof, property, string, nat } from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { budget } from './budget.js';
import { covers } from './path-model.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const ROOT = '/srv/root';

const letters = constantFrom('a', 'b', '.', 'c', 'é', '\u{1F600}');
const fileName = array(letters, { minLength: 1, maxLength: 5 })
  .map((all) => all.join(''))
  .filter((name) => name !== '.' && name !== '..');
const paths = array(fileName, { minLength: 1, maxLength: 5 });
const glob = array(oneof({ weight: 3, arbitrary: letters }, { weight: 2, arbitrary: constantFrom('*', '?') }), {
  minLength: 1,
  maxLength: 6,
})
  .map((all) => all.join('').replaceAll(/\*+/g, '*'))
  .filter((name) => name !== '.' && name !== '..')
  // More of both in one name is refused.
  .filter((name) => !name.includes('*') || name.split('?').length <= 5);
const rule = array(oneof({ weight: 3, arbitrary: glob }, { weight: 1, arbitrary: constantFrom('**') }), {
  minLength: 1,
  maxLength: 5,
}).map((segments) => segments.join('/'));

type Lists = { readonly allow: readonly string[]; readonly deny?: readonly string[] };

function allows(lists: Lists, path: string, platform: NodeJS.Platform = 'linux'): boolean {
  const policy = compilePolicy({ fs: { mode: 'read', ...lists } }, { root: ROOT, platform });
  return policy.check({ kind: 'fs', operation: 'read', path }).allowed;
}

/** The same name, as a volume that ignores case or forms may be asked for it. */
function respell(name: string, picks: readonly number[]): string {
  const spellings = [
    String,
    (c: string) => c.toUpperCase(),
    (c: string) => c.toLowerCase(),
    (c: string) => c.normalize('NFD'),
  ] as const;
  return Array.from(
    name,
    (character, index) => spellings[(picks[index % picks.length] ?? 0) % spellings.length]?.(character) ?? character,
  ).join('');
}

/** As long as it takes: a scale of hundreds asks a million questions. */
const PATIENT = { timeout: 3_600_000 };

describe('patterns, against a matcher that tries everything', PATIENT, () => {
  it('cover what it covers, dot files and all', () => {
    let covered = 0;
    const check = property(array(rule, { minLength: 1, maxLength: 3 }), paths, (allow, names) => {
      const expected = allow.some((each) => covers(each, names));
      covered += expected ? 1 : 0;
      expect([allow, names, allows({ allow }, names.join('/'))]).toEqual([
        allow,
        names,
        expected && !names.some((name) => name.startsWith('.env')),
      ]);
    });
    holds(check, budget(2000));
    expect(covered).toBeGreaterThan(100);
  });

  it('that deny win over any that allow, in any order and however narrow', () => {
    const check = property(
      array(rule, { maxLength: 4 }),
      array(rule, { minLength: 1, maxLength: 3 }),
      paths,
      (allow, deny, names) => {
        const path = names.join('/');
        const wide = [...allow, '.', path.replaceAll(/[*?]/g, '?')];
        const isDenied = deny.some((each) => covers(each, names));
        expect([path, allows({ allow: wide, deny }, path)]).toEqual([path, !isDenied]);
        expect(allows({ allow: wide.toReversed(), deny: deny.toReversed() }, path)).toBe(!isDenied);
      },
    );
    holds(check, budget(700));
  });

  it('that deny do so in every case and form where volumes ignore them', () => {
    const check = property(
      array(rule, { minLength: 1, maxLength: 2 }),
      paths,
      array(constantFrom(0, 1, 2, 3), { minLength: 1, maxLength: 7 }),
      (deny, names, picks) => {
        // A question mark is one unit, which a letter with a mark has in one form alone: such rules are denied as they are written.
        const isDenied = deny.some((each) => !each.includes('?') && covers(each, names));
        const respelt = names.map((name) => respell(name, picks)).join('/');
        if (!isDenied) return;
        for (const platform of ['darwin', 'win32'] as const) {
          const policy = compilePolicy(
            { fs: { mode: 'read', allow: ['.'], deny } },
            { root: platform === 'win32' ? 'C:\\root' : ROOT, platform },
          );
          expect([deny, respelt, policy.check({ kind: 'fs', operation: 'read', path: respelt }).allowed]).toEqual([
            deny,
            respelt,
            false,
          ]);
        }
      },
    );
    holds(check, budget(1500));
  });

  it('that allow never do more where volumes ignore case', () => {
    const check = property(
      rule,
      paths,
      array(constantFrom(1, 2), { minLength: 1, maxLength: 7 }),
      (allow, names, picks) => {
        const path = names.map((name) => respell(name, picks)).join('/');
        const policy = compilePolicy({ fs: { mode: 'read', allow: [allow] } }, { root: 'C:\\root', platform: 'win32' });
        const { allowed } = policy.check({ kind: 'fs', operation: 'read', path });
        expect([allow, path, allowed && !covers(allow, path.split('/'))]).toEqual([allow, path, false]);
      },
    );
    holds(check, budget(1000));
  });

  it('are compiled or refused with a pointer, whatever text they are', () => {
    const odd = oneof(
      string({ maxLength: 40, unit: codePoint }),
      array(constantFrom('{', '}', '[', ']', '!', '+(', ')', ',', '..', '/', '\\', '**', '*', '?', 'a', '~', '\0'), {
        maxLength: 12,
      }).map((all) => all.join('')),
    );
    const check = property(odd, (text) => {
      const outcome = compiled(text);
      // What other matchers give a meaning is refused, and whatever else a rule means, it is nothing outside.
      const isOther = /[{}[\]\\\0]|^!|[+@!?*]\(/.test(text);
      expect([text, isOther && outcome !== 'refused']).toEqual([text, false]);
      expect([text, ['refused', 'nothing outside'].includes(outcome)]).toEqual([text, true]);
    });
    holds(check, budget(500));
  });
});

/** What becomes of a text as a rule. */
function compiled(text: string): string {
  try {
    const policy = compilePolicy({ fs: { mode: 'read', allow: [text] } }, { root: ROOT, platform: 'linux' });
    const decisions = ['../x', '/etc/passwd', '..', '/srv/roots/x'].map((path) =>
      policy.check({ kind: 'fs', operation: 'read', path }),
    );
    return decisions.every((decision) => !decision.allowed && decision.reason === 'outside-root')
      ? 'nothing outside'
      : 'something outside';
  } catch (error) {
    if (!isPluginError(error)) throw error;
    const isTold = error.code === 'ERR_CONFIG_INVALID' && JSON.stringify(error.details).includes('/fs/allow/0');
    return isTold ? 'refused' : error.message;
  }
}

/** Counts the characters that a piece of work compares, through the two functions that all matching is made of. */
function countWork(work: () => void): number {
  const { startsWith, indexOf } = String.prototype;
  const restore = (): void => void Object.assign(String.prototype, { startsWith, indexOf });
  onTestFinished(restore);
  let count = 0;
  Object.assign(String.prototype, {
    startsWith(this: string, part: string, at?: number): boolean {
      count += part.length + 1;
      return Reflect.apply(startsWith, this, [part, at]);
    },
    indexOf(this: string, part: string, from = 0): number {
      const found = Reflect.apply(indexOf, this, [part, from]);
      count += part.length + 1 + (found === -1 ? this.length : found) - from;
      return found;
    },
  });
  try {
    work();
  } finally {
    restore();
  }
  return count;
}

describe('the work of a match', () => {
  // Which take some matchers seconds, or for ever (N10).
  it.each<[string, string, (size: number) => string]>([
    ['many **', `${'**/a/'.repeat(7)}z/**/b`, (size) => `${'a/'.repeat(size)}b`],
    ['many ** that match but for the end', `${'**/'.repeat(8)}*b`, (size) => `${'a/'.repeat(size)}c`],
    ['stars behind **', `**/*z/${'*/'.repeat(29)}b`, (size) => `${'a/'.repeat(size)}b`],
    ['many stars in one name', `${'*a'.repeat(8)}b`, (size) => 'a'.repeat(2 * size)],
    ['stars and question marks in one name', '*a?a?a?a*b*a*b*b', (size) => 'a'.repeat(2 * size)],
    ['stars in every name', `**/z*/**/${'*a*a*/'.repeat(9)}b`, (size) => `${'aaaa/'.repeat(size)}aa/b`],
  ])('N10 grows no faster than the path: %s', (_title, pattern, pathOf) => {
    const policy = compilePolicy({ fs: { mode: 'read', allow: [pattern] } }, { root: ROOT, platform: 'linux' });
    const work = (size: number): number =>
      countWork(() => expect(policy.check({ kind: 'fs', operation: 'read', path: pathOf(size) }).allowed).toBe(false));
    const [half, whole] = [work(60), work(120)];
    expect(half).toBeGreaterThan(0);
    expect(whole).toBeLessThan(3 * half);
    // The worst path that there may be, against the worst pattern: what one look at each character, for each part, would cost.
    expect(whole).toBeLessThan(pathOf(120).length * pattern.length * 4);
  });
});
