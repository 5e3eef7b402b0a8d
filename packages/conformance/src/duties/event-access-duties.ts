import assert from 'node:assert/strict';
import { createEventHost } from '../bench/event-host.js';
import type { EventHost } from '../bench/event-host.js';
import { runTrial } from '../bench/trial.js';
import type { Bench, Trial } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { valueOf } from './expected.js';

const API = ['publish', 'subscribe', 'next', 'unsubscribe'].map((name) => `events.${name}`);
const COUNT = 200;

/** `ctx.events`, over whatever host. */
export const EVENT_ACCESS_DUTIES: readonly Duty[] = [
  { title: 'delivers events to a listener in order, one at a time, also after one that threw', check: checkListener },
  {
    title: 'hands over events as a stream, from the call on',
    async check(bench) {
      const { value, host } = await run(bench, { handler: 'context.mjs#streams', input: COUNT });
      assert.deepEqual(
        value,
        Array.from({ length: COUNT }, (_, index) => index),
      );
      assert.deepEqual([...host.open], []);
    },
  },
  {
    title: 'waits for the event that fits, past those that do not',
    async check(bench) {
      const { value, host } = await run(bench, { handler: 'context.mjs#waitsFor' });
      assert.equal(value, 2);
      assert.deepEqual([...host.open], []);
    },
  },
  {
    title: 'gives up a wait for its time, its signal and its predicate',
    async check(bench) {
      const { value, host } = await run(bench, { handler: 'context.mjs#waitsInVain' });
      assert.deepEqual(value, {
        time: 'ERR_EVENT_TIMEOUT',
        signal: 'ERR_ABORTED',
        aborted: 'ERR_ABORTED',
        throws: 'E_PREDICATE',
        promise: 'ERR_INVALID_ARGUMENT',
      });
      assert.deepEqual([...host.open], []);
    },
  },
  { title: 'ends what waits for events with the run, and nothing waits for it', check: checkEnd },
];

interface EventTrial {
  readonly value: unknown;
  readonly host: EventHost;
}

/** With one call at a time: the one that waits for events must take no place. */
async function run(bench: Bench, trial: Trial): Promise<EventTrial> {
  const host = createEventHost();
  const { outcome } = await runTrial(bench, { api: API, limits: { maxInFlight: 1 }, answer: host.answer, ...trial });
  return { value: valueOf(outcome), host };
}

async function checkListener(bench: Bench): Promise<void> {
  const warnings: unknown[] = [];
  const { value, host } = await run(bench, {
    handler: 'context.mjs#listens',
    input: COUNT,
    onNote: (note) => {
      if (note.kind === 'log') warnings.push([note.level, note.text, note.fields['message']]);
    },
  });
  assert.deepEqual(
    value,
    Array.from({ length: COUNT }, (_, index) => [index, 1]),
  );
  assert.deepEqual(warnings, [['warn', 'a listener failed', 'the listener failed']]);
  assert.deepEqual([...host.open], []);
}

async function checkEnd(bench: Bench): Promise<void> {
  const host = createEventHost();
  const trial = { handler: 'context.mjs#leavesListening', api: API, answer: host.answer };
  const { outcome, notes, elapsedMs } = await runTrial(bench, { ...trial, limits: { graceMs: 2_000 } });
  assert.equal(valueOf(outcome), 'left');
  assert.deepEqual(outcome.usage.leaked, []);
  assert.ok(elapsedMs < 1_500 * bench.timeScale, `it took ${elapsedMs} ms`);
  const texts = notes.map((note) => (note.kind === 'log' ? note.text : note));
  assert.deepEqual(texts.toSorted(), ['ERR_ABORTED', 'stream true']);
  assert.equal(host.heard.filter((name) => name === 'events.next').length, 1);
}
