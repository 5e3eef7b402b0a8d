import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { openLedger } from '../ledger.js';
import type { BundledModule, ThreadFacts } from '../thread-facts.js';
import { runThread } from './run-thread.js';

if (parentPort !== null) await main(parentPort);

/** What a host sends: a frame for the guest, or once the plugin's code. */
type HostWord = Uint8Array | BundledModule;

async function main(port: MessagePort): Promise<void> {
  // Made by this package's own host side, see guest-thread.ts.
  const facts = workerData as ThreadFacts;
  const thread = await runThread(facts, openLedger(facts.ledger), {
    frame: (frame) => port.postMessage(frame, [frame.buffer]),
    word: (word) => port.postMessage(word),
  });
  port.on('message', (word: HostWord) => {
    if (word instanceof Uint8Array) thread.receive(word);
    else thread.load(word);
  });
}
