import { serveGuest } from '../wire/guest-peer.js';
import type { GuestPeer, GuestRunFacts } from '../wire/guest-peer.js';
import type { ModuleLoader } from '../wire/guest-run.js';
import { captureConsole, captureStreams } from './capture-output.js';
import { guardFiles } from './guard-files.js';
import { guardGlobals, guardModules } from './guard-network.js';
import type { Channel } from './open-channel.js';
import { removeBackDoors } from './remove-back-doors.js';

// Captured before a plugin's code can replace them.
const getActiveResources = process.getActiveResourcesInfo.bind(process);
const inNextTurn = setImmediate;

/** What a guest is told when it is started. */
export interface HostService {
  readonly channel: Channel;
  /** Whether it waits without a socket, as long as nothing is under way. */
  readonly hasSingleRun: boolean;
  readonly load: (lastResolved: () => string | undefined) => ModuleLoader;
}

/** Says `ready`, locks the process, and serves the host's runs until the channel ends. */
export function serveHost({ channel, hasSingleRun, load }: HostService): void {
  const before = new Map<string, number>();
  let lastResolved: string | undefined;
  const peer = serveGuest({
    transport: channel.transport,
    load: load(() => lastResolved),
    prepare: (run) => {
      prepareRealm(run, peer);
      for (const name of getActiveResources()) before.set(name, (before.get(name) ?? 0) + 1);
      inNextTurn(endTurn);
    },
    leave: channel.leave,
    leaked: () => leftOpen(before),
  });
  const isUnderWay = (): boolean => !peer.isResting;
  // With nothing under way a word of the host is all that can come, and one read waits for it. It takes a socket to do something else meanwhile.
  const endTurn = (): void => {
    if (isUnderWay()) channel.open();
    else if (channel.readUntil(isUnderWay)) inNextTurn(endTurn);
  };
  // The host has been told that the guest is ready, and looks at it meanwhile.
  if (!hasSingleRun) channel.open();
  removeBackDoors();
  guardFiles();
  guardModules({ guardSockets: channel.open, onResolved: (url) => (lastResolved = url) });
  if (hasSingleRun) channel.readUntil(isUnderWay);
}

function prepareRealm(run: GuestRunFacts, peer: GuestPeer): void {
  // bubblewrap sets PWD in an environment that is otherwise empty.
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(run.env)) process.env[name] = value;
  guardGlobals(run.fetch);
  captureStreams(peer);
  captureConsole(peer);
  // An error that nobody awaits is the handler's failure, with its stack, rather than an exit code.
  process.on('uncaughtException', (error) => peer.fail(error));
  // A handler that exits has no end of a turn, and what it wrote before is of use to whoever looks for the reason.
  process.on('exit', () => peer.flush());
}

/** What was opened after the run began and is open still, beyond what the guest's own side needs. */
function leftOpen(before: ReadonlyMap<string, number>): readonly string[] {
  const seen = new Map<string, number>();
  const left: string[] = [];
  for (const name of getActiveResources()) {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (count > (before.get(name) ?? 0) && !OWN_RESOURCES.has(name)) left.push(name);
  }
  return left;
}

// What is being written and the pipe itself are the channel's.
const OWN_RESOURCES: ReadonlySet<string> = new Set([
  'PipeWrap',
  'WriteWrap',
  'SimpleWriteWrap',
  'ShutdownWrap',
  'FSReqPromise',
  'Immediate',
]);
