import type { PoolLine } from './pool-line.js';

type Callable = (...args: readonly unknown[]) => unknown;

/** What computes in libuv's pool when it is given a callback. `randomInt` asks for its bytes one call at a time by itself. */
const CALLBACK_FORMS = [
  'argon2',
  'checkPrime',
  'decapsulate',
  'diffieHellman',
  'encapsulate',
  'generateKey',
  'generateKeyPair',
  'generatePrime',
  'hkdf',
  'pbkdf2',
  'pseudoRandomBytes',
  'randomBytes',
  'randomFill',
  'scrypt',
  'sign',
  'verify',
];
/** They fill what they are given. */
const FILLS: ReadonlySet<string> = new Set(['randomFill']);

/** Lets one asynchronous function of `node:crypto` or `crypto.subtle` compute at a time: a thread that is ended leaves what it has in the pool. */
export function boundCrypto(line: PoolLine): void {
  const crypto = process.getBuiltinModule('crypto');
  for (const name of CALLBACK_FORMS) {
    const original: unknown = Reflect.get(crypto, name);
    if (typeof original === 'function')
      replace(crypto, name, withCallback(line, original as Callable, !FILLS.has(name)));
  }
  const subtle: object = Object.getPrototypeOf(crypto.webcrypto.subtle);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(subtle))) {
    if (typeof value === 'function' && name !== 'constructor') replace(subtle, name, withPromise(line, value));
  }
}

/** Keeps the properties of the original: `util.promisify` looks for its own there. */
function replace(target: object, name: string, value: Callable): void {
  const original: object = Reflect.get(target, name);
  Object.defineProperties(value, Object.getOwnPropertyDescriptors(original));
  Object.defineProperty(target, name, { ...Object.getOwnPropertyDescriptor(target, name), value });
}

function withCallback(line: PoolLine, original: Callable, copies: boolean): Callable {
  return function (this: unknown, ...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return Reflect.apply(original, this, args);
    const inputs = args.slice(0, -1);
    let isLate = false;
    let own = inputs;
    const ticket = line.enter((done) => {
      const settled = (...results: readonly unknown[]): unknown => {
        done();
        return Reflect.apply(callback, undefined, results);
      };
      try {
        Reflect.apply(original, this, [...own, settled]);
      } catch (error) {
        done();
        // Whoever called has gone on when its turn comes late.
        if (!isLate) throw error;
        Reflect.apply(callback, undefined, [error]);
      }
    });
    isLate = true;
    if (!ticket.hasStarted && copies) own = inputs.map(copyBytes);
    return undefined;
  };
}

function withPromise(line: PoolLine, original: Callable): Callable {
  return function (this: unknown, ...args) {
    let own = args;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const work = async (done: () => void): Promise<void> => {
      try {
        resolve(await Reflect.apply(original, this, own));
      } catch (error) {
        reject(error);
      }
      done();
    };
    const ticket = line.enter((done) => void work(done));
    if (!ticket.hasStarted) own = args.map(copyBytes);
    return promise;
  };
}

/** What waits computes with the bytes that it was called with, also those one level down: `{ name: 'HKDF', salt }`. */
function copyBytes(value: unknown): unknown {
  if (value instanceof ArrayBuffer || (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer)) {
    return structuredClone(value);
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, ArrayBuffer.isView(part) ? copyBytes(part) : part]),
  );
}
