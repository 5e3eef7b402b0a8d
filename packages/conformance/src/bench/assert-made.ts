/** What a factory that is handed to the kit owes. */
export interface FactoryDuty {
  /** How it is written: `create: (clock) => ({ store })`. */
  readonly usage: string;
  /** What it makes, as in "an artifact store". */
  readonly thing: string;
  readonly methods: readonly PropertyKey[];
}

/** Throws where a factory made something else than it owes, and says how it is written. Calls nothing of what was made. */
export function assertMade(made: unknown, { usage, thing, methods }: FactoryDuty): void {
  const missing = missingMethods(made, methods);
  if (missing.length === 0) return;
  const got = isObject(made)
    ? `has no ${missing.map(String).join(', ')}`
    : `is ${made === null ? 'null' : typeof made}`;
  throw new Error(`${usage} owes ${thing}, and what it gave ${got}`);
}

/** Which of these methods an object has not. */
export function missingMethods(value: unknown, methods: readonly PropertyKey[]): readonly PropertyKey[] {
  return methods.filter((name) => !isObject(value) || typeof Reflect.get(value, name) !== 'function');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
