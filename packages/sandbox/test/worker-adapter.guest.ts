import { parentPort as port } from 'node:worker_threads';
import { importModule, serveGuest } from '@kb-labs/sandbox/wire';

const send = (frame: Uint8Array): void => port?.postMessage(frame);
const close = (): void => port?.close();
const peer = serveGuest({
  transport: { send, sendsViews: false, receive: (take) => port?.on('message', take), pendingBytes: () => 0, close },
  load: importModule,
  prepare: () => undefined,
  leave: () => process.exit(),
  leaked: () => [],
});
process.on('uncaughtException', (error) => peer.fail(error));
