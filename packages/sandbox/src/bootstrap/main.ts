import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { serveGuest } from '../wire/guest-peer.js';
import type { GuestPeer, GuestRunFacts } from '../wire/guest-peer.js';
import type { WireTransport } from '../wire/transport.js';
import { captureConsole, captureStreams } from './capture-output.js';
import { guardFiles } from './guard-files.js';
import { guardHandles, guardNetwork } from './guard-network.js';
import { loadPluginModule } from './load-module.js';
import { removeBackDoors } from './remove-back-doors.js';

// Captured before a plugin's code can replace them. `reallyExit` runs no listeners of the plugin's; its type is not told to anybody.
const { reallyExit } = process as typeof process & { reallyExit(code: number): never };
const getActiveResources = process.getActiveResourcesInfo.bind(process);

const CHANNEL_FD = 3;
const READ_BYTES = 65_536;

main();

function main(): void {
  const { socket, transport } = openChannel();
  const before = new Map<string, number>();
  let lastResolved: string | undefined;
  serveGuest({
    transport,
    load: loadPluginModule(createRequire, () => lastResolved),
    prepare: (run, peer) => {
      prepareRealm(run, peer);
      guardNetwork(run.fetch, (url) => (lastResolved = url));
      guardHandles(socket);
      for (const name of getActiveResources()) before.set(name, (before.get(name) ?? 0) + 1);
    },
    // What is still in the pipe must leave first; an exit does not wait for it.
    leave: () => void socket.end(() => reallyExit(0)),
    leaked: () => leftOpen(before),
  });
}

/** The channel reads into one piece of memory, again and again: the wire keeps none of it. */
function openChannel(): { readonly socket: Socket; readonly transport: WireTransport } {
  let take: (bytes: Uint8Array) => void = () => undefined;
  const callback = (count: number, read: Uint8Array): boolean => {
    take(new Uint8Array(read.buffer, read.byteOffset, count));
    return true;
  };
  const onread = { buffer: new Uint8Array(READ_BYTES), callback };
  const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true, onread });
  // Whoever holds the other end is gone or has broken off: there is nobody to tell.
  socket.on('error', () => reallyExit(1));
  const transport: WireTransport = {
    send: (bytes) => socket.write(bytes),
    sendsViews: true,
    receive(onBytes, onEnd) {
      take = onBytes;
      socket.on('end', onEnd);
    },
    pendingBytes: () => socket.writableLength,
    close: () => socket.destroy(),
  };
  return { socket, transport };
}

function prepareRealm(run: GuestRunFacts, peer: GuestPeer): void {
  // bubblewrap sets PWD in an environment that is otherwise empty.
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(run.env)) process.env[name] = value;
  captureStreams(peer);
  captureConsole(peer);
  removeBackDoors();
  guardFiles();
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
