import { createError } from '@kb-labs/contracts';
import type { AuditRecord, Clock, PermissionPolicy, QuotaMeter } from '@kb-labs/contracts';
import { createFileTree } from './fs/file-tree.js';
import { createFsFunctions } from './fs/fs-functions.js';
import { createGate } from './gate.js';
import type { HostFunction, HostFunctions } from './host-function.js';
import { parseHostApiOptions } from './host-api-options.js';
import { createNetwork } from './net/network.js';
import type { FetchTimeouts } from './net/network.js';
import type { Resolve } from './net/resolve-target.js';
import { createSwitchboard } from './switchboard.js';

export interface HostApiOptions {
  /** What the guest may do. Its `root` must be a real path. */
  readonly policy: PermissionPolicy;
  /** Counts for this run alone, or for several that share a quota. */
  readonly meter: QuotaMeter;
  /** The functions that this guest may call, by the names in `HOST_FUNCTIONS`. */
  readonly functions: readonly string[];
  /** Is told every decision, in order. Must not throw. */
  readonly audit: (record: AuditRecord) => void;
  /** The answer to `env.read`: what `selectEnv` picked. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Pick<Clock, 'monotonic'>;
  /** Names to addresses. Default: the system's resolver. Every address is checked, wherever it comes from. */
  readonly resolve?: Resolve;
  /** Refuses files on another device than the root. A bind mount of the same device is not seen. Default: false. */
  readonly sameDevice?: boolean;
  /** Bytes that one answer may have. Default: 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Milliseconds. Default: 10 s to connect, 30 s to the response's head, 30 s between two pieces of a body. */
  readonly timeouts?: Partial<FetchTimeouts>;
}

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
        hint: 'Take the names from HOST_FUNCTIONS.',
      });
    }),
  );
}
