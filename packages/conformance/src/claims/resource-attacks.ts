import type { Assault, AttackEvidence } from './attack.js';
import { runEnding } from './ending.js';
import type { Ending, EndingRule } from './ending.js';

/** Guests that stay. */
export const DELAYS: readonly Ending[] = [
  { kind: 'honest', name: 'a loop without end', handler: 'endings.mjs#spins' },
  { kind: 'honest', name: 'a promise that never settles', handler: 'endings.mjs#waitsForEver' },
  { kind: 'honest', name: 'a regexp that backtracks', handler: 'endings.mjs#backtracks' },
  { kind: 'honest', name: 'a module that never loads', handler: 'never-loads.mjs#run' },
  { kind: 'honest', name: 'microtasks without end', handler: 'endings.mjs#spinsInMicrotasks' },
  { kind: 'honest', name: 'Atomics.wait', handler: 'endings.mjs#waitsOnAtomics' },
  { kind: 'honest', name: 'a cleanup without end', handler: 'endings.mjs#neverCleansUp' },
  { kind: 'hostile', name: 'signals ignored', handler: 'endings.mjs#ignoresSignals' },
  { kind: 'hostile', name: 'exits replaced', handler: 'endings.mjs#refusesToExit' },
  { kind: 'hostile', name: 'SIGSTOP to itself', handler: 'endings.mjs#stopsItself' },
];

/** Guests that compute without end. */
export const BURNS: readonly Ending[] = [
  { kind: 'honest', name: 'a loop without end', handler: 'endings.mjs#spins' },
  { kind: 'honest', name: 'microtasks without end', handler: 'endings.mjs#spinsInMicrotasks' },
  { kind: 'hostile', name: 'work in other threads', handler: 'endings.mjs#burnsInThreads' },
];

/** Guests that take 300 MB and hold them. */
export const HOARDS: readonly Ending[] = [
  { kind: 'honest', name: '300 MB of numbers', handler: 'endings.mjs#fillsHeap' },
  { kind: 'honest', name: '300 MB of text', handler: 'endings.mjs#fillsStrings' },
  { kind: 'honest', name: '300 MB of buffers', handler: 'endings.mjs#fillsBuffers' },
  { kind: 'honest', name: 'one buffer of 300 MB', handler: 'endings.mjs#fillsOneBuffer' },
  { kind: 'hostile', name: 'an ArrayBuffer that grows to 300 MB', handler: 'endings.mjs#growsArrayBuffer' },
  { kind: 'hostile', name: 'a wasm memory that grows to 300 MB', handler: 'endings.mjs#growsWasm' },
];

/** Guests that stay for ever, under a limit of 300 ms. */
export const assaultTime: Assault = (bench, kinds) =>
  endAll(
    bench,
    DELAYS.filter(({ kind }) => kinds.has(kind)),
    {
      limits: { timeoutMs: 300, graceMs: 100 },
      codes: ['ERR_TIMEOUT'],
      withinMs: 2_000,
    },
  );

/** Guests that compute without end, under a limit of 200 ms of CPU time. */
export const assaultCpu: Assault = (bench, kinds) =>
  endAll(
    bench,
    BURNS.filter(({ kind }) => kinds.has(kind)),
    {
      limits: { cpuMs: 200, timeoutMs: 8_000, graceMs: 100 },
      codes: ['ERR_CPU_EXCEEDED'],
      withinMs: 4_000,
    },
  );

/** Guests that take 300 MB and hold them, under a limit of 64 MB. */
export const assaultMemory: Assault = (bench, kinds) =>
  endAll(
    bench,
    HOARDS.filter(({ kind }) => kinds.has(kind)),
    {
      limits: { memoryMb: 64, timeoutMs: 8_000, graceMs: 100 },
      codes: ['ERR_MEMORY_EXCEEDED'],
      withinMs: 6_000,
    },
  );

async function endAll(
  bench: Parameters<Assault>[0],
  endings: readonly Ending[],
  rule: EndingRule,
): Promise<readonly AttackEvidence[]> {
  const found: AttackEvidence[] = [];
  for (const ending of endings) found.push(await runEnding(bench, ending, rule));
  return found;
}
