import assert from 'node:assert/strict';
import { runTrial } from '../bench/trial.js';
import type { Bench } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf, valueOf } from './expected.js';

async function echo(bench: Bench, input: unknown): Promise<unknown> {
  return valueOf((await runTrial(bench, { handler: 'duties.mjs#echo', input })).outcome);
}

/** Values of each kind that a run carries, made anew for each use. */
function makeKinds(): Readonly<Record<string, unknown>> {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index * 16);
  const { buffer } = bytes;
  return {
    null: null,
    undefined,
    boolean: true,
    string: 'täxt \u{1F512} \0 "',
    'lone surrogate': 'a\uD800b',
    'long text': 'ü'.repeat(40_000),
    integer: 42,
    fraction: 0.1,
    'largest number': Number.MAX_VALUE,
    NaN: Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    'negative infinity': Number.NEGATIVE_INFINITY,
    'negative zero': -0,
    bigint: -(2n ** 100n),
    Date: new Date(1_700_000_000_123),
    Map: new Map<unknown, unknown>([
      ['a', 1],
      [{ key: 1 }, new Map([[Number.NaN, new Date(0)]])],
    ]),
    Set: new Set<unknown>(['a', 2, new Set([3])]),
    array: [1, undefined, null, [[]]],
    object: { nested: { deeper: [{ a: 1 }] }, '': 'empty key' },
    '$ key': { $: ['Date', 0], nested: { $: { $: 1 } } },
    ArrayBuffer: buffer.slice(0),
    Uint8Array: bytes,
    'part of a buffer': bytes.subarray(4, 8),
    'no bytes': new Uint8Array(),
    Int8Array: new Int8Array(buffer),
    Uint8ClampedArray: new Uint8ClampedArray(buffer),
    Int16Array: new Int16Array(buffer),
    Uint16Array: new Uint16Array(buffer),
    Int32Array: new Int32Array(buffer),
    Uint32Array: new Uint32Array(buffer),
    Float32Array: new Float32Array([0.5, -0, Number.NaN]),
    Float64Array: new Float64Array([Math.PI, -0, Number.NaN]),
    BigInt64Array: new BigInt64Array(buffer),
    BigUint64Array: new BigUint64Array(buffer),
    DataView: new DataView(buffer.slice(0)),
  };
}

/** A kind that the wire cannot carry, by the name under which the kit's guest returns it. */
const UNSENDABLE = [
  'function',
  'symbol',
  'symbol key',
  'class instance',
  'RegExp',
  'URL',
  'cycle',
  'hole',
  'SharedArrayBuffer',
  'view of shared memory',
  'throwing proxy',
  'throwing getter',
  'generator',
  'async generator',
  'WeakMap',
  'stream',
  'nested function',
] as const;

/** What goes in and what comes out. */
export const VALUE_DUTIES: readonly Duty[] = [
  {
    title: 'hands the guest a copy of its input',
    async check(bench) {
      const input = { list: ['kept'] };
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#changesInput', input });
      assert.deepEqual(valueOf(outcome), { list: ['kept', 'changed'], added: true });
      assert.deepEqual(input, { list: ['kept'] });
    },
  },
  {
    title: 'hands the host a copy of the result',
    async check(bench) {
      const first = valueOf((await runTrial(bench, { handler: 'duties.mjs#keepsResult' })).outcome);
      assert.deepEqual(first, { count: 1 });
      await runTrial(bench, { handler: 'duties.mjs#keepsResult' });
      assert.deepEqual(first, { count: 1 });
    },
  },
  {
    title: 'carries every kind of value both ways',
    check: async (bench) => assert.deepEqual(await echo(bench, makeKinds()), makeKinds()),
  },
  {
    title: 'shows the guest values of the same kinds',
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#kinds', input: makeKinds() });
      const kinds = Object.entries(makeKinds()).map(([name, value]) => [name, Object.prototype.toString.call(value)]);
      assert.deepEqual(valueOf(outcome), Object.fromEntries(kinds));
    },
  },
  {
    title: 'carries a Date that is invalid',
    async check(bench) {
      const date = await echo(bench, new Date(Number.NaN));
      assert.ok(date instanceof Date && Number.isNaN(date.getTime()));
    },
  },
  { title: 'carries an Error with its code, cause and parts', check: checkError },
  { title: 'keeps an own __proto__ key as data', check: checkProto },
  ...UNSENDABLE.map((name): Duty => ({
    title: `refuses a result that is or holds a ${name} with ERR_OUTPUT_INVALID`,
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#returnsUnsendable', input: name });
      assert.equal(failureOf(outcome, 'ERR_OUTPUT_INVALID').phase, 'output');
    },
  })),
  {
    title: 'names the kind and the place of what it refuses',
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#returnsUnsendable', input: 'nested function' });
      const { message } = failureOf(outcome, 'ERR_OUTPUT_INVALID').error;
      assert.match(message, /function/);
      assert.match(message, /\/a\/0\/b/);
    },
  },
];

async function checkError(bench: Bench): Promise<void> {
  const cause = Object.assign(new TypeError('inner'), { code: 'E_INNER' });
  const sent = Object.assign(new AggregateError([new Error('part')], 'outer', { cause }), { code: 'E_OUTER' });
  const error = await echo(bench, sent);
  assert.ok(error instanceof Error);
  assert.deepEqual([error.name, error.message, Reflect.get(error, 'code')], ['AggregateError', 'outer', 'E_OUTER']);
  const inner = error.cause;
  assert.ok(inner instanceof Error);
  assert.deepEqual([inner.name, inner.message, Reflect.get(inner, 'code')], ['TypeError', 'inner', 'E_INNER']);
  const parts: unknown = Reflect.get(error, 'errors');
  assert.ok(Array.isArray(parts) && parts.length === 1 && parts[0] instanceof Error && parts[0].message === 'part');
}

async function checkProto(bench: Bench): Promise<void> {
  const input: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
  const result = await echo(bench, input);
  assert.ok(typeof result === 'object' && result !== null);
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(result, '__proto__')?.value, { polluted: true });
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#ownProto', input });
  assert.deepEqual(valueOf(outcome), [['__proto__', 'constructor'], true, undefined]);
}
