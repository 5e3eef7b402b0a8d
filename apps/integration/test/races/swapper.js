import { lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * A process that puts something, and what lies beside it as `<name>.other`, under one name by turns, as fast as it is told to: up to
 * tens of thousands of times a second. What is taken away in between it leaves away, but a link it makes anew. It works in its own
 * working directory. Its arguments: the name, milliseconds between two swaps at most, and where the link leads, if it is one.
 */
const [name, pause, target] = process.argv.slice(2);
const parent = process.ppid;

process.stdout.write('ready');
// Whoever started it may be killed before it can end it.
while (process.ppid === parent) {
  // Whoever races may have made the name anew in between: then what was there before gives way.
  if (!attempt(() => renameSync(name, `${name}.real`))) attempt(() => rmSync(`${name}.real`, { recursive: true }));
  if (target !== undefined) attempt(renewLink);
  attempt(() => renameSync(`${name}.other`, name));
  stay();
  attempt(() => renameSync(name, `${name}.other`));
  attempt(() => renameSync(`${name}.real`, name));
  stay();
}

/** Whoever races may have replaced the link, or taken it away. */
function renewLink() {
  const other = `${name}.other`;
  if (lstatSync(other, { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
  rmSync(other, { recursive: true, force: true });
  symlinkSync(target, other);
}

/** For a random time, so that a swap falls between any two steps of whoever races, and something is mostly there. */
function stay() {
  const end = performance.now() + Math.random() * Number(pause);
  while (performance.now() < end);
}

function attempt(work) {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
