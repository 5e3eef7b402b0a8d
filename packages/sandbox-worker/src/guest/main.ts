import { readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createRequire } from 'node:module';
import { captureConsole, captureStreams, loadPluginModule } from '@kb-labs/sandbox/guest';
import { serveGuest } from '@kb-labs/sandbox/wire';
import type { GuestPeer, GuestRunFacts } from '@kb-labs/sandbox/wire';
import { boundCrypto } from './bound-crypto.js';
import { boundZlib } from './bound-zlib.js';
import { guardModules } from './guard-modules.js';
import { watchResources } from './open-resources.js';
import { createPoolLine } from './pool-line.js';
import { removeReach } from './remove-reach.js';

if (parentPort !== null) serve(parentPort);

type Port = NonNullable<typeof parentPort>;

function serve(port: Port): void {
  // Captured before a plugin's code can replace them.
  const post = port.postMessage.bind(port);
  const exit = process.exit.bind(process);
  const resources = watchResources();
  let read = 0;
  let lastResolved: string | undefined;
  // The first message is the thread's number; the numbers after it tell how much was read.
  post(threadNumber());
  serveGuest({
    transport: {
      send: (bytes) => post(bytes),
      sendsViews: false,
      receive: (onBytes) =>
        void port.on('message', (bytes: Uint8Array) => {
          post((read += bytes.byteLength));
          void onBytes(bytes);
        }),
      pendingBytes: () => 0,
      close: () => port.close(),
    },
    load: loadPluginModule(createRequire, () => lastResolved),
    prepare: (run, peer) => {
      prepareRealm(run, peer);
      guardModules(workerData as readonly string[], (url) => (lastResolved = url));
      resources.begin();
    },
    leave: () => exit(0),
    leaked: () => resources.leftOpen(),
  });
}

function prepareRealm(run: GuestRunFacts, peer: GuestPeer): void {
  for (const [name, value] of Object.entries(run.env)) process.env[name] = value;
  captureStreams(peer);
  captureConsole(peer);
  removeReach(run.fetch);
  const line = createPoolLine();
  boundCrypto(line);
  boundZlib(line);
  // An error that nobody awaits is the handler's failure, with its stack, rather than the end of the thread.
  process.on('uncaughtException', (error) => peer.fail(error));
  // A handler that exits has no end of a turn, and what it wrote before is of use to whoever looks for the reason.
  process.on('exit', () => peer.flush());
}

/** As the kernel counts threads: `123/task/124`. 0 where there is no `/proc`. */
function threadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    // Not Linux: CPU time is read in another way, if at all.
    return 0;
  }
}
