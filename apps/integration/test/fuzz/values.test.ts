import { isDeepStrictEqual, types } from 'node:util';
import { decodeValue, encodeValue, UnsendableError } from '@kb-labs/sandbox/wire';
import type { EncodedValue, WireValue } from '@kb-labs/sandbox/wire';
import { anything, array, assert, constantFrom, dictionary, jsonValue, nat, oneof, property, string } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';
import { armed, createTripwire, hostileTree } from './hostile-values.js';

/** Names of which JSON writes some with escapes, and others begin as those escapes do. */
const names = oneof(
  string({ unit: constantFrom('\\', '"', 'u', '0', '1', 'd', 'n', '\n', '\u0001', '\ud800', 'a', '$'), maxLength: 5 }),
  constantFrom('__proto__', 'constructor', 'toString', '$', '', '0', 'h', 'then', 'toJSON'),
);

/** Values of every kind that JavaScript has, those that the wire refuses among them. */
const values: Arbitrary<unknown> = anything({
  key: names,
  maxDepth: 3,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
});

/** As a frame carries it: text and bytes. */
function carried({ json, binary }: EncodedValue): EncodedValue {
  return { json: JSON.parse(JSON.stringify(json)) as WireValue, binary: binary.map((bytes) => bytes.slice()) };
}

/** Lets a property fail where a fact does not hold. */
function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** The value on the other side, or why it did not get there. Fails on whatever is no refusal of the wire's own. */
function sent(value: unknown): { readonly arrived: unknown } | { readonly refused: string } {
  let encoded: EncodedValue;
  try {
    encoded = encodeValue(value);
  } catch (error) {
    if (error instanceof UnsendableError) return { refused: error.kind };
    throw error;
  }
  return { arrived: decodeValue(carried(encoded)) };
}

describe('values', () => {
  it('arrive as they left, or are refused', () => {
    let arrivals = 0;
    assert(
      property(values, (value) => {
        const outcome = sent(value);
        if ('refused' in outcome) return demand(/^(?:a|an|more) /u.test(outcome.refused), outcome.refused);
        arrivals += 1;
        demand(isDeepStrictEqual(outcome.arrived, value), 'it arrived as another');
      }),
      budget(1_500),
    );
    expect(arrivals).toBeGreaterThan(300);
  });

  it('keep their names, whatever names this process has read before', () => {
    const record = dictionary(
      names,
      oneof(constantFrom([], 1, 'a'), dictionary(names, nat(), { noNullPrototype: true })),
      {
        noNullPrototype: true,
        maxKeys: 4,
      },
    );
    assert(
      property(array(record, { minLength: 2, maxLength: 6 }), (records) => {
        for (const one of records) demand(isDeepStrictEqual(sent(one), { arrived: one }), 'other names arrived');
      }),
      budget(1_000),
    );
  });

  it('that are hostile run no code of theirs on the other side', () => {
    assert(
      property(hostileTree(['allow', 'name', 'then', '$']), (tree) => {
        const tripwire = createTripwire();
        let encoded: EncodedValue;
        try {
          encoded = encodeValue(armed(tree, tripwire));
        } catch (error) {
          // Where they are encoded, they run as the guest's own code does.
          return demand(error instanceof UnsendableError || tripwire.count() > 0, String(error));
        }
        const before = tripwire.count();
        expectData(decodeValue(carried(encoded)));
        demand(tripwire.count() === before, 'code of it ran');
      }),
      budget(1_500),
    );
  });

  it('that were forged are refused, or are data that can be sent again', () => {
    const kinds = constantFrom('undefined', 'number', 'bigint', 'Date', 'Map', 'Set', 'Error', 'Object', 'Entries', 'text', 'bytes', 'x'); // prettier-ignore
    const json = jsonValue({ maxDepth: 3 }) as Arbitrary<WireValue>;
    const list = array(oneof(json, kinds, constantFrom('-0', 'NaN', '12', '-1', 'Uint8Array', 'BigInt64Array')), {
      maxLength: 4,
    });
    assert(
      property(kinds, oneof(list, json), array(nat(255), { maxLength: 9 }), (kind, content, bytes) => {
        const forged = { $: [kind, ...(Array.isArray(content) ? content : [content])] } as WireValue;
        let decoded: unknown;
        try {
          decoded = decodeValue({
            json: [forged, { at: forged }],
            binary: [Uint8Array.from(bytes), Uint8Array.from(bytes)],
          });
        } catch (error) {
          return demand(error instanceof TypeError, String(error));
        }
        expectData(decoded);
        const again = encodeValue(decoded);
        // Node 22 takes two invalid dates for different ones, so that what is compared is how they travel.
        demand(isDeepStrictEqual(encodeValue(decodeValue(carried(again))), again), 'it cannot be sent again');
      }),
      budget(3_000),
    );
  });
});

/** Plain data all the way down: nothing that runs, nothing that only looks like something. */
function expectData(value: unknown): void {
  demand(typeof value !== 'function' && typeof value !== 'symbol', 'it is no data');
  if (typeof value !== 'object' || value === null) return;
  demand(!types.isProxy(value), 'it is a proxy');
  for (const { get, set, value: member } of Object.values(Object.getOwnPropertyDescriptors(value))) {
    demand(get === undefined && set === undefined, 'it has an accessor');
    expectData(member);
  }
  if (value instanceof Map || value instanceof Set) for (const member of [...value].flat()) expectData(member);
}
