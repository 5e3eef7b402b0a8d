import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPluginError } from '@kb-labs/contracts';
import { ensureSection } from '@kb-labs/plugin-runtime';
import {
  array,
  assert as holds,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  dictionary,
  double,
  letrec,
  oneof,
  record,
  string,
} from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { armed, createTripwire, hostileTree } from './hostile-values.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const name = oneof(
  { weight: 6, arbitrary: constantFrom('a', 'b', 'c', 'a/b', 'm~n', '', ' ', '0', 'é') },
  { weight: 1, arbitrary: constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty') },
);

function json(names: Arbitrary<string>): Arbitrary<Json> {
  const { tree } = letrec<{ tree: Json }>((tie) => ({
    tree: oneof(
      { maxDepth: 4, withCrossShrink: true },
      oneof(
        constant(null),
        boolean(),
        string(),
        double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
      ),
      array(tie('tree'), { maxLength: 3 }),
      dictionary(names, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  return tree;
}

const harmless = json(constantFrom('a', 'b', 'c', 'a/b', 'm~n', '', '0'));
const pointer = array(name, { maxLength: 3 }).map((names) =>
  names.map((each) => `/${each.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
);
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(holder: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.getOwnPropertyDescriptor(holder, key)?.value;
}

function withMember(holder: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  return Object.fromEntries([...Object.entries(holder).filter(([other]) => other !== key), [key, value]]);
}

/** What the file is to hold, told as slowly and plainly as it can be; `undefined` where the section is refused. */
function reference(document: unknown, names: readonly string[], { value, strategy }: Section): unknown {
  const [next, ...rest] = names;
  if (next !== undefined) {
    if (!isObject(document)) return undefined;
    const inner = Object.hasOwn(document, next)
      ? reference(own(document, next), rest, { value, strategy })
      : nest(rest, value);
    return inner === undefined ? undefined : withMember(document, next, inner);
  }
  if (strategy === 'keep') return document;
  return strategy === 'merge' ? merge(document, value) : value;
}

function merge(now: unknown, value: unknown): unknown {
  if (!isObject(now) || !isObject(value)) return value;
  return Object.entries(value).reduce<Readonly<Record<string, unknown>>>(
    (merged, [key, member]) =>
      Object(withMember(merged, key, Object.hasOwn(merged, key) ? merge(own(merged, key), member) : member)),
    now,
  );
}

function nest(names: readonly string[], value: unknown): unknown {
  return names.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
}

interface Section {
  readonly value: unknown;
  readonly strategy: 'keep' | 'replace' | 'merge';
}

const strategy = constantFrom('keep', 'replace', 'merge');

describe('a section of a configuration', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kb-labs-fuzz-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is what a slow and plain merge makes of it, and everything else stays as it was', async () => {
    const file = join(folder, 'merged.json');
    const layout = constantFrom(undefined, 0, 2, 4, '\t');
    await holds(
      asyncProperty(json(name), pointer, harmless, strategy, layout, async (document, at, value, how, indent) => {
        await writeFile(file, JSON.stringify(document, undefined, indent));
        const section = { pointer: at, value, strategy: how };
        const names = at
          .split('/')
          .slice(1)
          .map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'));
        const isForbidden = names.some((each) => FORBIDDEN.has(each));
        const expected = isForbidden ? undefined : reference(document, names, section);
        const outcome = await ensureSection(file, section).then(
          () => 'ok',
          (error: unknown) => (isPluginError(error) ? error.code : error),
        );
        expect([section, outcome]).toEqual([section, expected === undefined ? 'ERR_INVALID_ARGUMENT' : 'ok']);
        // Strict about own members, so that one called __proto__ counts as what it is.
        const left = expected === undefined ? JSON.parse(JSON.stringify(document)) : expected;
        assert.deepStrictEqual(JSON.parse(await readFile(file, 'utf8')), left);
        const again = expected === undefined ? { changed: false } : await ensureSection(file, section);
        expect(again).toEqual({ changed: false });
      }),
      budget(80),
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('of whatever a value may be is written as plain JSON, or refused without a run of its code', async () => {
    const file = join(folder, 'hostile.json');
    const tripwire = createTripwire();
    const given = record({
      pointer: oneof(pointer, string(), json(name)),
      value: hostileTree(['a', 'b']),
      strategy: oneof(strategy, json(name)),
    });
    await holds(
      asyncProperty(given, async (section) => {
        await writeFile(file, '{"kept":true}\n');
        const outcome = await Reflect.apply(ensureSection, undefined, [file, armed(section, tripwire)]).then(
          () => 'ok',
          (error: unknown) => (isPluginError(error) ? error.code : error),
        );
        expect(['ok', 'ERR_INVALID_ARGUMENT', 'ERR_OUTPUT_EXCEEDED']).toContain(outcome);
        const text = await readFile(file, 'utf8');
        expect(JSON.parse(text)).toBeDefined();
        expect([outcome === 'ok' || text === '{"kept":true}\n']).toEqual([true]);
      }),
      budget(80),
    );
    expect([tripwire.count(), Object.keys(Object.prototype)]).toEqual([0, []]);
  });
});
