import { catalogue } from './catalogue.js';
import type { ToParent } from './run-in-process.js';

/** Runs one bench, in a process for it alone: `node bench-process.js <name> [--quick]`, over the IPC channel of its parent. */
const [name = '', ...flags] = process.argv.slice(2);
const controller = new AbortController();
const stop = (): void => controller.abort(new Error('the bench was stopped'));
process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);

await tell(await runBench());
// A peer may keep something open; what was measured is told.
process.exit(0);

async function runBench(): Promise<ToParent> {
  try {
    const load = catalogue[name];
    if (load === undefined) throw new Error(`there is no bench ${name}`);
    const bench = await load();
    const rows = await bench.run({
      quick: flags.includes('--quick'),
      signal: controller.signal,
      progress: (text) => void tell({ type: 'progress', text }),
    });
    return { type: 'rows', rows };
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function tell(message: ToParent): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve());
    else resolve();
  });
}
