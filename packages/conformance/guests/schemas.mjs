// Standard Schemas (https://standardschema.dev) written by hand: the kit needs no library for them.

const schema = (validate) => ({ '~standard': { version: 1, vendor: 'conformance', validate } });

/** Takes a number and hands on its double. */
export const doubled = schema((value) =>
  typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'must be a number', path: [] }] },
);

/** The same, in its own time. */
export const doubledLater = schema(async (value) => ({ value: value * 2 }));

/** Finds twenty faults in anything, at a path that needs escaping. */
export const nothing = schema(() => ({
  issues: Array.from({ length: 20 }, (_, index) => ({
    message: `fault ${index}`,
    path: ['a/b', { key: 'c~d' }, index],
  })),
}));

/** Proves that it ran where the handler runs: the mark is the guest's own. */
export const marked = schema((value) => ({ value: { value, mark: globalThis.conformanceMark ?? 'same realm' } }));

export const throws = schema(() => {
  throw new Error('the schema itself failed');
});

export const notASchema = { parse: () => undefined };

/** Changes what it is shown, and hands on something else. */
export const changes = schema((value) => {
  value.list.push('changed');
  return { value: 'something else' };
});
