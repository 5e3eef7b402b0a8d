import { createError } from '@kb-labs/contracts';
import { createFileTree } from './fs/file-tree.js';
import { createFsFunctions } from './fs/fs-functions.js';
import { createGate } from './gate.js';
import type { HostFunction, HostFunctions } from './host-function.js';
import { parseHostApiOptions } from './host-api-options.js';
import type { HostApiOptions } from './host-api-options.js';
import { createNetwork } from './net/network.js';
import { createSwitchboard } from './switchboard.js';

/** What one guest can reach of the host. Disposing ends what is under way, and refuses what comes after. */
export interface HostApi extends AsyncDisposable {
  readonly functions: readonly string[];
  /** Charges `maxHostCalls`, parses, asks the policy, charges the quota, acts. Rejects with a `PluginError`, never with anything else. */
  call(name: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown>;
  /** Calls by the names of granted functions, also those that failed. A copy. */
  readonly callsByName: Readonly<Record<string, number>>;
  /** How many decisions were a no. */
  readonly denials: number;
}

/** Makes the host's side of one run. Throws `ERR_CONFIG_INVALID` for an unknown function or option. Opens nothing until it is called. */
export function createHostApi(options: HostApiOptions): HostApi {
  const { policy, meter, functions, audit, env, clock, resolve, sameDevice, maxMessageBytes, timeouts } =
    parseHostApiOptions(options);
  const gate = createGate({ policy, meter, audit });
  const tree = createFileTree({ root: policy.root, sameDevice, platform: process.platform });
  const network = createNetwork({ gate, clock, resolve, timeouts });
  const switchboard = createSwitchboard(
    meter,
    lend(functions, {
      ...createFsFunctions({ gate, tree, maxMessageBytes }),
      ...network.functions,
      'env.read': () => Promise.resolve({ ...env }),
    }),
  );
  return {
    functions,
    call: switchboard.call,
    get callsByName() {
      return switchboard.callsByName();
    },
    get denials() {
      return gate.denials;
    },
    async [Symbol.asyncDispose]() {
      switchboard.close();
      await network[Symbol.asyncDispose]();
      await switchboard.settled();
      tree[Symbol.dispose]();
    },
  };
}

function lend(names: readonly string[], all: HostFunctions): ReadonlyMap<string, HostFunction> {
  return new Map(
    names.map((name) => {
      const found = Object.hasOwn(all, name) ? all[name] : undefined;
      if (found !== undefined) return [name, found];
      throw createError('ERR_CONFIG_INVALID', `there is no host function "${name.slice(0, 64)}"`, {
        details: { pointer: '/functions' },
        hint: 'take the names from HOST_FUNCTIONS',
      });
    }),
  );
}
