import { createError } from '@kb-labs/contracts';
import { openArtifactRoom } from './artifacts/artifact-room.js';
import { openEventRoom } from './events/event-room.js';
import type { FileTree } from './fs/file-tree.js';
import { createFsFunctions } from './fs/fs-functions.js';
import type { Gate } from './gate.js';
import type { HostFunctions, Room } from './host-function.js';
import type { CompleteHostApiOptions } from './host-api-options.js';
import { createInvokeFunctions } from './invoke/invoke-functions.js';
import type { NetworkOptions } from './net/net-session.js';
import { createNetwork } from './net/network.js';
import type { OperationRecorder } from './operation-recorder.js';
import { createPresenterFunctions } from './presenter/presenter-functions.js';
import { createShellFunctions } from './shell/shell-functions.js';

/** What the functions of one run are made of. */
export interface RoomsOptions {
  readonly gate: Gate;
  readonly tree: FileTree;
  readonly recorder: OperationRecorder;
  readonly options: CompleteHostApiOptions;
}

/** Every function that there is with these options, granted or not. Disposing ends what is under way. */
export function openRooms({ gate, tree, recorder, options }: RoomsOptions): Room {
  const { artifacts, env, events, invoke, maxMessageBytes, presenter, shell } = options;
  const rooms: readonly Room[] = [
    createNetwork({ ...pickNetwork(options), gate, recorder }),
    ...(artifacts === undefined ? [] : [openArtifactRoom({ gate, access: artifacts, recorder, maxMessageBytes })]),
    ...(events === undefined ? [] : [openEventRoom({ gate, port: events })]),
  ];
  return {
    functions: {
      ...createFsFunctions({ gate, tree, recorder, maxMessageBytes }),
      'env.read': () => Promise.resolve({ ...env }),
      'analytics.track': refuseTrack,
      ...createPresenterFunctions({ presenter, maxMessageBytes }),
      ...(shell === undefined ? {} : createShellFunctions({ gate, tree, recorder, runner: shell })),
      ...(invoke === undefined ? {} : createInvokeFunctions({ gate, port: invoke })),
      ...functionsOf(rooms),
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(rooms.map((room) => room[Symbol.asyncDispose]()));
    },
  };
}

function pickNetwork(options: CompleteHostApiOptions): Omit<NetworkOptions, 'gate' | 'recorder'> {
  const { clock, resolve, timeouts, ownAddresses, traceparent } = options;
  return { clock, resolve, timeouts, ownAddresses, traceparent };
}

function functionsOf(rooms: readonly Room[]): HostFunctions {
  return Object.fromEntries(rooms.flatMap(({ functions }) => Object.entries(functions)));
}

/** It is named so that `ctx.analytics` is there; what it says comes as a note, which asks for no answer. */
function refuseTrack(): Promise<never> {
  return Promise.reject(
    createError('ERR_PERMISSION_DENIED', 'analytics.track is no host call: it travels as a note', {
      details: { function: 'analytics.track' },
      hint: 'use ctx.analytics.track',
    }),
  );
}
