import { createError, HOST_FUNCTIONS } from '@kb-labs/contracts';
import type { HostFunction, HostFunctions } from './host-function.js';

/** The functions with these names alone. Throws `ERR_CONFIG_INVALID` for a name that is none, and for one whose option is not given. */
export function lendFunctions(names: readonly string[], all: HostFunctions): ReadonlyMap<string, HostFunction> {
  return new Map(
    names.map((name) => {
      const found = Object.hasOwn(all, name) ? all[name] : undefined;
      if (found !== undefined) return [name, found];
      throw Object.hasOwn(HOST_FUNCTIONS, name) ? createRoomlessError(name) : createNoFunctionError(name);
    }),
  );
}

function createRoomlessError(name: string): Error {
  const [option = ''] = name.split('.');
  return createError('ERR_CONFIG_INVALID', `/functions: "${name}" needs the option "${option}"`, {
    details: { pointer: '/functions', function: name, option },
    hint: `hand "${option}" to createHostApi, or do not grant ${name}`,
  });
}

function createNoFunctionError(name: string): Error {
  return createError('ERR_CONFIG_INVALID', `there is no host function "${name.slice(0, 64)}"`, {
    details: { pointer: '/functions' },
    hint: 'take the names from HOST_FUNCTIONS',
  });
}
