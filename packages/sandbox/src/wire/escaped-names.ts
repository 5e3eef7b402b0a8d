// Captured before a plugin's code can replace them.
const { stringify } = JSON;
const { create, defineProperty, setPrototypeOf } = Object;

const PLAIN = /^[\w$.:/@ -]*$/;

/**
 * Whether JSON writes the name as it is. `JSON.parse` of Node 24 and 26 takes an escaped name such as `"\""` for another, once the process
 * has made an object with a name that begins like the escape (nodejs/node#63785): one guest could change what the host reads of another.
 * So no name with an escape is ever written, or read, as the name of a JSON member.
 */
export function isPlainName(name: string): boolean {
  return PLAIN.test(name) || stringify(name).length === name.length + 2;
}

/** A record for names with escapes. V8 keeps it as a table, so that no later `JSON.parse` of this process takes its names for its own. */
export function createNameTable(): Record<string, unknown> {
  return setPrototypeOf(create(null), Object.prototype) as Record<string, unknown>;
}

/** Sets a member as data, whatever its name: `__proto__` is a name like any other. */
export function setMember(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    record[name] = value;
  }
}
