import { join } from 'node:path';
import { createRuntime } from '@kb-labs/plugin-runtime';
import type { AnalyticsRecord, EventEnvelope, ExecuteResult } from '@kb-labs/plugin-runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkRecords } from '../src/record-checks.js';
import type { RecordFacts } from '../src/record-checks.js';
import type { RunReport } from '../src/run-plugins.js';
import { appFolder } from './demo-process.js';
import { EMPTY_BACK } from './fixture-back.js';

let result: ExecuteResult;
beforeAll(async () => {
  await using runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
  const pluginRoot = join(appFolder, 'test/guests/odd');
  const context = runtime.createContext({ capabilities: [], permissions: {}, pluginRoot });
  result = await runtime.execute('./odd.js#echo', {}, context);
});

const COUNTED: AnalyticsRecord = {
  seq: 0,
  time: 0,
  name: 'execution',
  source: 'runtime',
  pluginId: 'odd',
  executionId: 'e',
  traceId: 't',
  attributes: {},
  cut: 0,
};

const BACK: RecordFacts['back'] = {
  ...EMPTY_BACK,
  tracked: [COUNTED],
  snapshots: { count: 1, masked: 1, replay: undefined },
};

/** The names of those checks that do not hold. */
function failures(more: Partial<RecordFacts>): readonly string[] {
  const facts = { back: BACK, reports: [], ended: [result], secrets: ['the secret'], dryRun: false, ...more };
  return checkRecords(facts).flatMap(({ name, held }) => (held ? [] : [name]));
}

function reportOf(label: string, pluginId: string): RunReport {
  const verdict = { met: true, text: '', findings: [] };
  return { label, pluginId, handler: 'run', verdict, result, denials: [] };
}

function event(topic: string, pluginId: string): EventEnvelope {
  const sender = { kind: 'plugin', pluginId, executionId: 'e', traceId: 't' } as const;
  return { id: '1', topic, scope: 'host', time: 0, sender, payload: null };
}

describe('the records', () => {
  it('hold where all fits together', () => {
    expect(failures({})).toEqual([]);
  });

  it.each([
    ['a denial that was not kept', { audit: { ...BACK.audit, denied: 1 } }, 'every denial is on the record'],
    ['decisions that are lost', { auditKept: false }, 'every denial is on the record'],
    ['a line that is no decision', { audit: { ...BACK.audit, malformed: 1 } }, 'every denial is on the record'],
    ['a run that was not counted', { tracked: [] }, 'each run was counted'],
    [
      'a secret in a snapshot',
      { recorded: 'text with the secret in it' },
      'no secret stands in a snapshot or in the log of decisions',
    ],
    ['a trace that could not be stored', { problems: ['no room'] }, 'what was kept can be read and stored'],
    ['an event of nobody', { heard: [event('review.done', 'hostile')] }, 'nobody spoke for another'],
    ['an event that is unknown', { heard: [event('other.topic', 'code-review')] }, 'nobody spoke for another'],
  ])('do not hold with %s', (_, more, name) => {
    expect(failures({ back: { ...BACK, ...more } })).toEqual([name]);
  });

  it('do not hold where a plugin that should have spoken was not heard', () => {
    const reports = [reportOf('code-review', 'code-review')];
    expect(failures({ reports })).toEqual(['nobody spoke for another']);
    expect(failures({ reports, back: { ...BACK, heard: [event('review.done', 'code-review')] } })).toEqual([]);
  });

  it('do not hold without the trace and the snapshot of runs that took place', () => {
    expect(failures({ reports: [reportOf('release-digest', 'release-digest')] })).toEqual([
      'the trace shows the run that was invoked',
    ]);
    expect(failures({ reports: [reportOf('code-review (sample)', 'a')] })).toEqual(['a snapshot was run again']);
  });

  it('do not hold where a dry run has changed or stored something', () => {
    const state = { kind: 'file', bytes: 1, sha256: '' } as const;
    const operation = { target: 'a', destination: undefined, before: state, after: state, reversible: false };
    const changed = { ...result, operations: [{ ...operation, name: 'fs.writeFile' as const, dryRun: false }] };
    expect(failures({ dryRun: true })).toEqual([]);
    expect(failures({ dryRun: true, ended: [changed] })).toEqual(['nothing was changed or stored']);
  });
});
