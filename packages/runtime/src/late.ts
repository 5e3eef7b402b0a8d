import { createError } from '@kb-labs/contracts';

/** A class, whatever its instances are. */
export type Class = new (...args: never[]) => unknown;

/** Loads once, when it is first asked. Says what to change where the host has switched off that `require()` loads ES modules. */
export function late<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined;
  return () => (loaded ??= { value: loadOrExplain(load) }).value;
}

/**
 * Stands in for a class that is loaded when anything is first done with it: `new`, `extends`, `instanceof`, a look at its members. What it
 * makes are instances of the class, and it has the prototype of the class: only `===` tells the two apart.
 */
export function lateClass<T extends Class>(load: () => T): T {
  // No class: the prototype of one could never become that of another.
  const target = function standIn(): void {};
  const loaded = late(() => mirror(load(), target));
  const standIn: T = new Proxy<T>(
    // Nobody calls it as it is: each way to it is one of the traps.
    target as unknown as T,
    {
      ...Object.fromEntries(LOOKS.map((look) => [look, after(loaded, Reflect[look])])),
      apply: (_, self, args) => Reflect.apply(loaded(), self, args),
      construct: (_, args, made) => Object(Reflect.construct(loaded(), args, made === standIn ? loaded() : made)),
    },
  );
  return standIn;
}

const LOOKS = [
  'defineProperty',
  'deleteProperty',
  'get',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'has',
  'isExtensible',
  'ownKeys',
  'preventExtensions',
  'set',
  'setPrototypeOf',
] as const;

/** Whoever looks at the target from here on sees what the class has. */
function mirror<T extends Class>(real: T, target: object): T {
  Object.setPrototypeOf(target, Object.getPrototypeOf(real));
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(real));
  return real;
}

function after(loaded: () => unknown, look: Function): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    loaded();
    return Reflect.apply(look, Reflect, args);
  };
}

function loadOrExplain<T>(load: () => T): T {
  try {
    return load();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_REQUIRE_ESM')) throw cause;
    throw createError('ERR_CONFIG_INVALID', 'this host has switched off that require() loads ES modules', {
      hint: 'switch it on, or import "@kb-labs/plugin-runtime/eager" in place of "@kb-labs/plugin-runtime"',
      cause,
    });
  }
}
