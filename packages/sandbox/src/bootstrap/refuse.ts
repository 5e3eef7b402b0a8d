// Captured before a plugin's code can replace them: some of what is refused is refused late.
const { defineProperty } = Object;
const { get: getOf } = Reflect;

/** Replaces a function for good by one that throws `ERR_ACCESS_DENIED`. */
export function refuse(target: object, name: string, what: string): void {
  const value = (): never => {
    throw refusal(`${what} is not possible in a sandbox`);
  };
  defineProperty(target, name, { value, configurable: false, writable: false, enumerable: true });
}

/** Keeps a property at the value that it has, for good; whoever sets it gets `ERR_ACCESS_DENIED`. */
export function refuseChange(target: object, name: string, what: string): void {
  const kept: unknown = getOf(target, name);
  const set = (): never => {
    throw refusal(`${what} is not possible in a sandbox`);
  };
  defineProperty(target, name, { get: () => kept, set, configurable: false, enumerable: true });
}

/** An error with the code that Node's permission model uses, so that honest code sees one kind of refusal. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' });
}
