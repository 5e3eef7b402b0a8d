import type { Assault, AttackEvidence } from './attack.js';
import { runEnding } from './ending.js';
import type { Ending, EndingRule } from './ending.js';
import { watchSignals } from './signal-watch.js';

/** Guests that end themselves, or try to take their host along. */
export const CRASHES: readonly Omit<Ending, 'input'>[] = [
  { kind: 'honest', name: 'process.exit(0)', handler: 'endings.mjs#exits' },
  { kind: 'honest', name: 'process.exit(7)', handler: 'endings.mjs#exitsWithCode' },
  { kind: 'honest', name: 'process.abort', handler: 'endings.mjs#aborts' },
  { kind: 'honest', name: 'an uncaught exception', handler: 'endings.mjs#throwsLater' },
  { kind: 'honest', name: 'an unhandled rejection', handler: 'endings.mjs#rejectsUnhandled' },
  { kind: 'honest', name: 'a stack overflow', handler: 'endings.mjs#overflowsStack' },
  { kind: 'honest', name: 'process.kill of the host', handler: 'endings.mjs#signalsParent' },
  { kind: 'honest', name: 'SIGUSR1 to the host', handler: 'endings.mjs#opensInspectorOfParent' },
  { kind: 'hostile', name: 'process._kill of the host', handler: 'endings.mjs#signalsParentRaw' },
  { kind: 'hostile', name: 'SIGUSR1 to the host by process._kill', handler: 'endings.mjs#opensInspectorOfParentRaw' },
  { kind: 'hostile', name: 'process.reallyExit', handler: 'endings.mjs#reallyExits' },
  { kind: 'hostile', name: 'garbage on every descriptor', handler: 'endings.mjs#writesGarbage' },
  { kind: 'hostile', name: 'a length of 4 GiB on every descriptor', handler: 'endings.mjs#writesHugeLength' },
  { kind: 'hostile', name: 'zeros on every descriptor', handler: 'endings.mjs#writesZeros' },
  { kind: 'hostile', name: 'a forged result as JSON on every descriptor', handler: 'endings.mjs#writesJson' },
  { kind: 'hostile', name: 'half a frame, then an exit', handler: 'endings.mjs#writesHalfFrame' },
  { kind: 'hostile', name: 'every descriptor closed', handler: 'endings.mjs#closesDescriptors' },
];

/** Ends guests in every way there is, and looks whether the host, and the next run, are well. */
export const assaultCrash: Assault = async (bench, kinds) => {
  const found: AttackEvidence[] = [];
  for (const crash of CRASHES.filter(({ kind }) => kinds.has(kind))) {
    using watch = watchSignals();
    const rule: EndingRule = {
      limits: { timeoutMs: 2_000 },
      codes: ['ERR_SANDBOX_CRASHED', 'ERR_HANDLER_FAILED', 'ERR_PROTOCOL', 'ERR_TIMEOUT'],
      withinMs: 4_000,
      mayReturn: 'returned',
      harm: () => watch.harm(),
    };
    found.push(await runEnding(bench, { ...crash, input: { hostPid: process.pid } }, rule));
  }
  return [...found, await runEnding(bench, AFTERWARDS, { limits: {}, codes: [], withinMs: 10_000, mayReturn: 'well' })];
};

const AFTERWARDS: Ending = {
  kind: 'honest',
  name: 'the run after all of these',
  handler: 'duties.mjs#echo',
  input: 'well',
};
