import assert from 'node:assert/strict';
import type { GuestNote } from '@kb-labs/contracts';
import { runTrial } from '../bench/trial.js';
import type { Bench, Trial } from '../bench/trial.js';
import type { Duty } from './duty.js';
import { failureOf, valueOf } from './expected.js';

const ALL = ['analytics.track', 'artifacts.read', 'config.ensureSection', 'events.publish', 'invoke.call', 'shell.run'];

/** Tracks, invocations, commands, presenters, configuration, and parts of the output. */
export const MEMBER_DUTIES: readonly Duty[] = [
  {
    title: 'gives a handler the members of ctx that were lent, and no others',
    async check(bench) {
      const handler = 'context.mjs#members';
      const one = { analytics: ['track'], artifacts: ['read'], config: ['ensureSection'], events: ['publish'] };
      const two = { invoke: 'function', presenter: 'undefined', shell: ['run'] };
      assert.deepEqual(await run(bench, { handler, api: ALL }), { ...one, ...two });
      const none = Object.keys({ ...one, ...two }).map((name) => [name, 'undefined']);
      assert.deepEqual(await run(bench, { handler }), Object.fromEntries(none));
    },
  },
  { title: 'tells tracks in order with the lines, and a track never throws', check: checkTracks },
  { title: 'takes whatever a handler tracks or logs, and bounds it', check: checkHostile },
  { title: 'counts tracks against maxOutputBytes', check: checkManyTracks },
  { title: 'carries an invocation, and its abort', check: checkInvoke },
  { title: 'carries commands, words to a presenter, and configuration', check: checkRest },
  { title: 'takes an output whose parts fit their schemas, and leaves it as it is', check: checkParts },
  { title: 'refuses an output with a part that does not fit, and says where', check: checkBadPart },
  {
    title: 'refuses a part whose schema is none, before the handler runs',
    async check(bench) {
      const trial = { handler: 'duties.mjs#throwsError', outputParts: { '/a': 'schemas.mjs#notASchema' } };
      failureOf((await runTrial(bench, trial)).outcome, 'ERR_HANDLER_NOT_FOUND');
    },
  },
];

async function run(bench: Bench, trial: Trial): Promise<unknown> {
  return valueOf((await runTrial(bench, trial)).outcome);
}

async function checkTracks(bench: Bench): Promise<void> {
  const { outcome, notes } = await runTrial(bench, { handler: 'context.mjs#tracks', api: ['analytics.track'] });
  assert.equal(valueOf(outcome), true);
  const log = { kind: 'log', level: 'info', source: 'log', fields: {} };
  const polluted: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
  assert.deepEqual(notes, [
    { ...log, text: 'before' },
    { kind: 'track', name: 'clicked', attributes: { button: 'save', times: 2 } },
    { kind: 'track', name: 'empty', attributes: {} },
    { kind: 'track', name: 'own', attributes: polluted },
    { ...log, text: 'after' },
  ]);
}

async function checkHostile(bench: Bench): Promise<void> {
  const { outcome, notes } = await runTrial(bench, { handler: 'context.mjs#tracksHostile', api: ['analytics.track'] });
  assert.equal(valueOf(outcome), 'alive');
  const tracked = tracksOf(notes);
  const unsendable = ['getter', 'proxy', 'cycle', 'function', 'thrown proxy', 'huge'];
  for (const name of unsendable)
    assert.equal(typeof tracked.get(name)?.['unsendable'], 'string', `nothing is said of ${name}`);
  assert.deepEqual(tracked.get('text'), { value: 'text' });
  assert.deepEqual(tracked.get('list'), { value: [1] });
  const fields = notes.flatMap((note) => (note.kind === 'log' ? [[note.text, note.fields] as const] : []));
  assert.deepEqual(new Map(fields), tracked);
}

function tracksOf(notes: readonly GuestNote[]): Map<string, Readonly<Record<string, unknown>>> {
  return new Map(notes.flatMap((note) => (note.kind === 'track' ? [[note.name, note.attributes] as const] : [])));
}

async function checkManyTracks(bench: Bench): Promise<void> {
  const limits = { maxOutputBytes: 4_096 };
  const trial = { handler: 'context.mjs#tracksMany', input: 100_000, api: ['analytics.track'], limits };
  const { outcome, notes } = await runTrial(bench, trial);
  assert.equal(valueOf(outcome), 'done');
  assert.equal(outcome.usage.outputBytes, 4_096);
  const marker = notes.at(-1);
  assert.ok(marker?.kind === 'log' && marker.source === 'sandbox');
  assert.ok(notes.length > 50 && notes.length < 250, `${notes.length} notes passed`);
}

async function checkInvoke(bench: Bench): Promise<void> {
  const heard: unknown[] = [];
  const answer = (name: string, args: readonly unknown[]): Promise<unknown> =>
    Promise.resolve(heard.push([name, ...args]));
  const input = { target: '@acme/report@^1:render', input: { signal: 'its own' }, timeoutMs: 5 };
  const trial = { handler: 'context.mjs#invokes', input, api: ['invoke.call'], answer };
  assert.deepEqual(await run(bench, trial), [1, 'AbortError']);
  assert.deepEqual(heard, [['invoke.call', input]]);
}

async function checkRest(bench: Bench): Promise<void> {
  const heard: unknown[] = [];
  const answer = (name: string, args: readonly unknown[]): Promise<unknown> =>
    Promise.resolve(heard.push([name, ...args]));
  const api = ['shell.run', 'presenter.message', 'presenter.confirm', 'config.ensureSection'];
  assert.deepEqual(await run(bench, { handler: 'context.mjs#usesTheRest', api, answer }), [1, 2, 3, 4]);
  assert.deepEqual(heard, [
    ['shell.run', '/bin/true', ['a'], { cwd: 'src' }],
    ['presenter.message', 'text', 'warn'],
    ['presenter.confirm', 'sure?'],
    ['config.ensureSection', 'a.json', { pointer: '/a', value: 1 }],
  ]);
}

async function checkParts(bench: Bench): Promise<void> {
  const input = { 'a/b': [1, { 'c~d': 4 }], text: 'x', missing: undefined };
  const doubled = 'schemas.mjs#doubled';
  const outputParts = {
    '/a~1b/1/c~0d': doubled,
    '/a~1b/0': doubled,
    '/missing': doubled,
    '/toString': doubled,
    '/a~1b/length': doubled,
    '/text/0': doubled,
  };
  assert.deepEqual(await run(bench, { handler: 'duties.mjs#echo', input, outputParts }), input);
  assert.equal(await run(bench, { handler: 'duties.mjs#echo', input: 3, outputParts: { '': doubled } }), 3);
  const changes = { handler: 'duties.mjs#echo', input: { list: [1] }, outputParts: { '': 'schemas.mjs#changes' } };
  assert.deepEqual(await run(bench, changes), { list: [1] });
}

async function checkBadPart(bench: Bench): Promise<void> {
  const trial = {
    handler: 'duties.mjs#echo',
    input: { 'x/y': [1] },
    outputParts: { '/x~1y/0': 'schemas.mjs#nothing' },
  };
  const failed = failureOf((await runTrial(bench, trial)).outcome, 'ERR_OUTPUT_INVALID');
  const issues = Array.from({ length: 10 }, (_, index) => ({
    message: `fault ${index}`,
    pointer: `/x~1y/0/a~1b/c~0d/${index}`,
  }));
  assert.deepEqual(failed.error.details, { issues });
  assert.equal(failed.phase, 'output');
}
