// Captured before a plugin's code can replace them: some of what is refused is refused late.
const { defineProperty } = Object;
const { get: getOf } = Reflect;

/** One that inherits nothing: a plugin may have given all objects a `get`, with which no value can be defined. */
export type OwnDescriptor = PropertyDescriptor & { readonly __proto__: null };

/** Replaces a function for good by one that throws `ERR_ACCESS_DENIED`. Throws where it cannot, so whoever refuses late takes it for done only then. */
export function refuse(target: object, name: string, what: string): void {
  const value = (): never => {
    throw refusal(`${what} is not possible in a sandbox`);
  };
  const own: OwnDescriptor = { __proto__: null, value, configurable: false, writable: false, enumerable: true };
  defineProperty(target, name, own);
}

/** Keeps a property at the value that it has, for good; whoever sets it gets `ERR_ACCESS_DENIED`. */
export function refuseChange(target: object, name: string, what: string): void {
  const kept: unknown = getOf(target, name);
  const set = (): never => {
    throw refusal(`${what} is not possible in a sandbox`);
  };
  const own: OwnDescriptor = { __proto__: null, get: () => kept, set, configurable: false, enumerable: true };
  defineProperty(target, name, own);
}

/** An error with the code that Node's permission model uses, so that honest code sees one kind of refusal. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' });
}
