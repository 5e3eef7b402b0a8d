import assert from 'node:assert/strict';
import type { GuestError } from '@kb-labs/contracts';
import { runTrial } from '../bench/trial.js';
import type { Bench } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf } from './expected.js';

/** What is told of anything that a handler may throw, at most. */
const MOST_BYTES = 1_048_576;

const NON_ERRORS = [
  'string',
  'long string',
  'number',
  'null',
  'undefined',
  'symbol',
  'function',
  'object',
  'throwing proxy',
  'revoked proxy',
] as const;

/** `truncated` where something must have been cut. */
const HOSTILE_ERRORS = {
  'endless causes': 'truncated',
  'circular cause': 'truncated',
  'error with throwing getters': 'whole',
  'many errors': 'truncated',
  'long message': 'truncated',
  'long stack': 'truncated',
} as const;

/** Whatever a handler throws is told as bounded data. */
export const ERROR_DUTIES: readonly Duty[] = [
  { title: 'tells the name, message, code, cause and stack of an error that the handler threw', check: checkError },
  ...NON_ERRORS.map((name): Duty => ({
    title: `calls a thrown ${name} a NonError`,
    async check(bench) {
      assert.equal((await thrownBy(bench, name)).name, 'NonError');
    },
  })),
  ...Object.entries(HOSTILE_ERRORS).map(([name, extent]): Duty => ({
    title: `bounds ${name}`,
    async check(bench) {
      const error = await thrownBy(bench, name);
      assert.ok(error.errors.length <= 16);
      assert.equal(error.truncated, extent === 'truncated');
    },
  })),
  {
    title: "keeps an error that imitates the host's own in its place",
    async check(bench) {
      assert.equal((await thrownBy(bench, 'imitated error')).code, 'ERR_TIMEOUT');
    },
  },
];

async function thrownBy(bench: Bench, name: string): Promise<GuestError> {
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#throwsAnything', input: name });
  const { guestError, phase, error } = failureOf(outcome, 'ERR_HANDLER_FAILED');
  assert.ok(guestError !== undefined);
  assert.equal(phase, 'handler');
  const told = JSON.stringify(guestError).length + error.message.length;
  assert.ok(told <= MOST_BYTES, `${told} bytes are told of one error`);
  return guestError;
}

async function checkError(bench: Bench): Promise<void> {
  const { outcome } = await runTrial(bench, { handler: 'duties.mjs#throwsError' });
  const { guestError, phase } = failureOf(outcome, 'ERR_HANDLER_FAILED');
  assert.ok(guestError !== undefined);
  const { name, message, code, cause, stack = '' } = guestError;
  assert.deepEqual([phase, name, message, code], ['handler', 'RangeError', 'it failed', 'E_FAILED']);
  assert.deepEqual([cause?.name, cause?.message, cause?.code], ['TypeError', 'the reason', 'E_REASON']);
  assert.match(stack, /\.\/duties\.mjs:\d+/);
  assert.ok(!stack.includes(bench.root), `the stack names a path of the host: ${stack}`);
}
