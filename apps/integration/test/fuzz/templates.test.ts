import { posix, win32 } from 'node:path';
import {
  artifactUri,
  createMemoryArtifactStore,
  parseArtifactPath,
  parseArtifactUri,
  parsePathTemplate,
  renderPathTemplate,
} from '@kb-labs/artifacts';
import { isPluginError } from '@kb-labs/contracts';
import { array, assert, asyncProperty, constantFrom, oneof, property, record, string, tuple, nat } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

/** Pieces that paths are attacked with, and innocent ones between them. */
const climbing = ['..', '.', '/', '\\', '//', '\0', ':', '%2e', '%2f', '~', ' ', '\n', '\u202e', '\ud800', '．．', '∕'];
const naming = [
  'con',
  'NUL',
  'com1',
  'a',
  'B',
  'é',
  'e\u0301',
  'ß',
  'SS',
  'ﬁ',
  'İ',
  '\u200d',
  'x'.repeat(60),
  '{',
  '}',
  '{a}',
  '*',
];
const piece = constantFrom(...climbing, ...naming);
const text: Arbitrary<string> = oneof(
  array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
  string({ unit: codePoint, maxLength: 12 }),
);
const literal = oneof(constantFrom('', '-', 'out/', '/x', 'a.', '.md', '/'), text);
const template = tuple(literal, array(tuple(constantFrom('{a}', '{b}', '{pluginId}'), literal), { maxLength: 3 })).map(
  ([first, rest]) => [first, ...rest.flat()].join(''),
);
const VARIABLES = ['a', 'b', 'pluginId'];

/** What a call gives, or the code of what it throws; anything but an error of ours fails the test. */
function outcomeOf<Value>(work: () => Value): { readonly value: Value } | { readonly code: string } {
  try {
    return { value: work() };
  } catch (error) {
    if (isPluginError(error)) return { code: error.code };
    throw error;
  }
}

const CODES: ReadonlySet<string> = new Set(['ERR_ARTIFACT_PATH_INVALID', 'ERR_INVALID_ARGUMENT']);

/** Whether a path lies below a folder on every system, by what Node itself makes of it. */
function staysBelow(path: string): boolean {
  const onPosix = posix.resolve('/store/plugin', path) === `/store/plugin/${path}`;
  const onWindows = win32.resolve('C:\\store\\plugin', path) === `C:\\store\\plugin\\${path.replaceAll('/', '\\')}`;
  const asUrl = new URL(path.split('/').map(encodeURIComponent).join('/'), 'file:///store/plugin/');
  return onPosix && onWindows && asUrl.pathname.startsWith('/store/plugin/') && !win32.isAbsolute(path);
}

/** Equal for names that some file system takes for one, told another way than the store tells it. */
function foldAgain(path: string): string {
  const visible = path.normalize('NFD').replaceAll(/[\u200b-\u200f\u2060-\u2064\ufeff]/gu, '');
  return [...visible]
    .map((character) => character.toUpperCase().toLowerCase())
    .join('')
    .normalize('NFC');
}

describe('a template', () => {
  it('makes a path below its plugin with as many segments as it has itself, or a typed error', () => {
    let rendered = 0;
    assert(
      property(
        template,
        record({ a: text, b: text, pluginId: oneof(text, constantFrom('@acme/x', 'acme')) }),
        (source, values) => {
          const parsed = outcomeOf(() => parsePathTemplate(source, { variables: VARIABLES }));
          if ('code' in parsed) return CODES.has(parsed.code);
          const made = outcomeOf(() => renderPathTemplate(parsed.value, values));
          if ('code' in made) return CODES.has(made.code);
          rendered += 1;
          const path = made.value;
          return (
            path.split('/').length === source.split('/').length && staysBelow(path) && parseArtifactPath(path) === path
          );
        },
      ),
      budget(2_000),
    );
    // That most are refused must not mean that all are.
    expect(rendered).toBeGreaterThan(50);
  });

  it('lets a value say nothing but itself: two values make one path only where they are one', () => {
    const simple = parsePathTemplate('{a}/{b}.md', { variables: VARIABLES });
    assert(
      property(tuple(text, text), tuple(text, text), ([a, b], [c, d]) => {
        const [one, other] = [
          { a, b },
          { a: c, b: d },
        ].map((values) => outcomeOf(() => renderPathTemplate(simple, values)));
        if (one === undefined || other === undefined || 'code' in one || 'code' in other) return true;
        return (one.value === other.value) === (a === c && b === d);
      }),
      budget(1_000),
    );
    expect(renderPathTemplate(simple, { a: 'x', b: 'y' })).toBe('x/y.md');
  });
});

describe('an artifact', () => {
  it('has one address, which leads back to it alone', () => {
    let taken = 0;
    assert(
      property(array(text, { minLength: 1, maxLength: 3 }), (segments) => {
        const path = segments.join('/');
        const parsed = outcomeOf(() => parseArtifactPath(path));
        if ('code' in parsed) return CODES.has(parsed.code);
        taken += 1;
        const uri = artifactUri({ pluginId: '@acme/x', path });
        const back = parseArtifactUri(uri);
        return back.path === path && back.pluginId === '@acme/x' && /^artifact:\/\/[!-~]+$/u.test(uri);
      }),
      budget(2_000),
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('is in conflict with another whose name some file system takes for its own, and beside all others', async () => {
    const options = { contentType: 'text/plain', maxBytes: 10, signal: new AbortController().signal };
    const name = array(
      constantFrom('a', 'A', 'é', 'e\u0301', 'ß', 'SS', 'ss', '\u200d', 'σ', 'ς', 'Σ', 'K', '\u212a', 'k', '/'),
      { minLength: 1, maxLength: 4 },
    );
    await assert(
      asyncProperty(name, name, async (first, second) => {
        const [one, other] = [first.join(''), second.join('')];
        if ([one, other].some((path) => 'code' in outcomeOf(() => parseArtifactPath(path)))) return;
        const store = createMemoryArtifactStore();
        await store.put({ pluginId: 'acme', path: one }, Buffer.from('1'), options);
        const written = await store.put({ pluginId: 'acme', path: other }, Buffer.from('2'), options).then(
          () => 'ok',
          (error: unknown) => (isPluginError(error) ? error.code : 'another'),
        );
        const isSame = one !== other && foldAgain(one) === foldAgain(other);
        const isAbove = other.startsWith(`${one}/`) || one.startsWith(`${other}/`);
        const expected = isSame || isAbove ? 'ERR_ARTIFACT_CONFLICT' : 'ok';
        expect([one, other, written]).toEqual([one, other, expected]);
        expect(await store.stat({ pluginId: 'acme', path: one })).toMatchObject({ path: one, bytes: 1 });
      }),
      budget(600),
    );
  });
});
