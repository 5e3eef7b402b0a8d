import assert from 'node:assert/strict';
import { runTrial } from '../bench/trial.js';
import type { Bench } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf, valueOf } from './expected.js';

/** Modules, schemas and what is awaited. */
export const HANDLER_DUTIES: readonly Duty[] = [
  ...['missing', '__proto__', 'constructor', 'toString', 'then', ''].map((name): Duty => ({
    title: `finds no handler by the name ${JSON.stringify(name)}`,
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: `duties.mjs#${name}` });
      assert.equal(failureOf(outcome, 'ERR_HANDLER_NOT_FOUND').phase, 'load');
    },
  })),
  {
    title: 'refuses a handler that is no function with ERR_HANDLER_NOT_FOUND',
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#notAFunction' });
      failureOf(outcome, 'ERR_HANDLER_NOT_FOUND');
    },
  },
  ...['doubled', 'doubledLater'].map((name): Duty => ({
    title: `hands on what an input schema made of the input (${name})`,
    async check(bench) {
      const trial = { handler: 'duties.mjs#echo', input: 21, inputSchema: `schemas.mjs#${name}` };
      assert.equal(valueOf((await runTrial(bench, trial)).outcome), 42);
    },
  })),
  {
    title: 'hands on what an output schema made of the output',
    async check(bench) {
      const trial = { handler: 'duties.mjs#echo', input: 21, outputSchema: 'schemas.mjs#doubled' };
      assert.equal(valueOf((await runTrial(bench, trial)).outcome), 42);
    },
  },
  { title: 'tells at most ten issues of an input, with JSON pointers', check: (bench) => checkIssues(bench, 'input') },
  {
    title: 'tells at most ten issues of an output, with JSON pointers',
    check: (bench) => checkIssues(bench, 'output'),
  },
  {
    title: 'refuses a schema that is no Standard Schema with ERR_HANDLER_NOT_FOUND',
    async check(bench) {
      const trial = { handler: 'duties.mjs#echo', inputSchema: 'schemas.mjs#notASchema' };
      failureOf((await runTrial(bench, trial)).outcome, 'ERR_HANDLER_NOT_FOUND');
    },
  },
  {
    title: 'fails the handler where its schema throws',
    async check(bench) {
      const trial = { handler: 'duties.mjs#echo', inputSchema: 'schemas.mjs#throws' };
      const failed = failureOf((await runTrial(bench, trial)).outcome, 'ERR_HANDLER_FAILED');
      assert.deepEqual([failed.phase, failed.guestError?.message], ['input', 'the schema itself failed']);
    },
  },
  ...['resolves twice', 'throws after it resolved', 'nested'].map((name): Duty => ({
    title: `takes the first word of a thenable (${name})`,
    async check(bench) {
      const { outcome } = await runTrial(bench, { handler: 'duties.mjs#returnsThenable', input: name });
      assert.equal(valueOf(outcome), 'first');
    },
  })),
  {
    title: 'fails the handler where its result throws when it is awaited',
    async check(bench) {
      failureOf((await runTrial(bench, { handler: 'duties.mjs#returnsThrowingThen' })).outcome, 'ERR_HANDLER_FAILED');
    },
  },
];

async function checkIssues(bench: Bench, phase: 'input' | 'output'): Promise<void> {
  const trial = { handler: 'duties.mjs#echo', input: 1, [`${phase}Schema`]: 'schemas.mjs#nothing' };
  const { outcome } = await runTrial(bench, trial);
  const failed = failureOf(outcome, phase === 'input' ? 'ERR_INPUT_INVALID' : 'ERR_OUTPUT_INVALID');
  const issues = Array.from({ length: 10 }, (_, index) => ({
    message: `fault ${index}`,
    pointer: `/a~1b/c~0d/${index}`,
  }));
  assert.deepEqual(failed.error.details, { issues });
  assert.equal(failed.phase, phase);
}
