import { openDisk } from './fs/disk-directory.js';
import { createFileTree } from './fs/file-tree.js';
import { openOverlay } from './fs/overlay-directory.js';
import { createGate } from './gate.js';
import { parseHostApiOptions } from './host-api-options.js';
import type { HostApiOptions } from './host-api-options.js';
import { lendFunctions } from './lend-functions.js';
import { openRooms } from './open-rooms.js';
import { createOperationRecorder } from './operation-recorder.js';
import { createSwitchboard } from './switchboard.js';
import type { HostCallOptions } from './switchboard.js';

/** What one guest can reach of the host. Disposing ends what is under way, and refuses what comes after. */
export interface HostApi extends AsyncDisposable {
  readonly functions: readonly string[];
  /** Charges `maxHostCalls`, parses, asks the policy, charges the quota, acts. Rejects with a `PluginError`, never with anything else. */
  call(name: string, args: readonly unknown[], options: HostCallOptions): Promise<unknown>;
  /** Calls by the names of granted functions, also those that failed. A copy. */
  readonly callsByName: Readonly<Record<string, number>>;
  /** How many decisions were a no. */
  readonly denials: number;
}

/**
 * Makes the host's side of one run. Opens nothing until it is called. Throws `ERR_CONFIG_INVALID` for an unknown function or option,
 * and for a function without the option that it needs.
 */
export function createHostApi(given: HostApiOptions): HostApi {
  const options = parseHostApiOptions(given);
  const { policy, meter, audit, audits, documents } = options;
  const gate = createGate({ policy, meter, audit, audits, documents });
  const disk = { root: policy.root, sameDevice: options.sameDevice, platform: process.platform };
  const tree = createFileTree(() => (options.dryRun ? openOverlay(openDisk(disk)) : openDisk(disk)));
  const recorder = createOperationRecorder(options.dryRun, given.operations);
  const rooms = openRooms({ gate, tree, recorder, options });
  const switchboard = createSwitchboard(meter, lendFunctions(options.functions, rooms.functions));
  return {
    functions: options.functions,
    call: switchboard.call,
    get callsByName() {
      return switchboard.callsByName();
    },
    get denials() {
      return gate.denials;
    },
    async [Symbol.asyncDispose]() {
      switchboard.close();
      await rooms[Symbol.asyncDispose]();
      await switchboard.settled();
      tree[Symbol.dispose]();
    },
  };
}
