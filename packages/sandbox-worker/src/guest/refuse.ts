/** Replaces a function for good by one that throws `ERR_ACCESS_DENIED`. */
export function refuse(target: object, name: string, what: string): void {
  const value = (): never => {
    throw refusal(`${what} is not possible in a sandbox`);
  };
  Object.defineProperty(target, name, { value, configurable: false, writable: false, enumerable: true });
}

/** An error with the code that Node's permission model uses, so that honest code sees one kind of refusal. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' });
}
