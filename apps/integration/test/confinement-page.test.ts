import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparePages, renderPage, withoutWall } from '../src/confinement/confinement-page.ts';
import type { PageInput } from '../src/confinement/confinement-page.ts';
import { readReport, rowIdsOf } from '../src/confinement/read-report.ts';
import type { Claim, RowTest, TestReport } from '../src/confinement/read-report.ts';

const corpus = [{ section: 'A', title: 'Paths', rows: ['A01', 'A02'] }];
const adapters = ['in-process', 'worker', 'quickjs', 'fork, without a wall'];
const walled = ['fork, inside the wall', 'the wall alone'];
const held = (adapter: string): Claim => ({
  adapter,
  confinement: 'env',
  claimed: 'guard',
  attacks: [
    { name: 'process.env', held: true },
    { name: 'process.report', held: true },
  ],
});
const rows: readonly RowTest[] = [
  { id: 'A01', place: 'fork', status: 'passed' },
  { id: 'A02', place: 'fork with the wall', status: 'passed' },
];

function reportOf(node: string, change: Partial<TestReport> = {}): TestReport {
  const machine = { node, platform: 'linux', kernel: '6.18.1' };
  return { machine, claims: [...adapters, ...walled].map(held), rows, ...change };
}

function pageOf(reports: readonly TestReport[], change: Partial<PageInput> = {}): ReturnType<typeof renderPage> {
  return renderPage({ reports, corpus, bubblewrap: 'bubblewrap 0.8.0', ...change });
}

describe('the page of confinement', () => {
  it('says of each adapter and Node what was claimed, and how many attacks it held', () => {
    const { text, problems } = pageOf([reportOf('26.1.0'), reportOf('22.18.0')]);
    expect(problems).toEqual([]);
    expect(text).toContain(
      '| `worker` | 26 | not looked at | not looked at | not looked at | not looked at | guard 2/2 |',
    );
    expect(text).toContain('| `fork`, behind bubblewrap | 22 |');
    expect(text).toContain('| A. Paths | 2 | – | – | – | 1 | 1 | – |');
  });

  it('shows a claim that does not hold, and fails', () => {
    const attacks = [
      { name: 'process.env', held: true },
      { name: '/proc/self/environ', held: false },
    ];
    const broken = { ...held('worker'), attacks };
    const { text, problems } = pageOf([
      reportOf('26.1.0', {
        claims: [...[...adapters, ...walled].map(held).filter(({ adapter }) => adapter !== 'worker'), broken],
      }),
    ]);
    expect(text).toContain('**broken**: guard 1/2');
    expect(problems).toEqual(['"worker" on Node 26 claims env as a guard, and /proc/self/environ got through']);
  });

  it('fails where nothing was attacked', () => {
    const unarmed = [...adapters, ...walled].map((name) => ({ ...held(name), attacks: [] }));
    expect(pageOf([reportOf('26.1.0', { claims: unarmed })]).problems).toHaveLength(6);
    expect(pageOf([reportOf('26.1.0', { claims: adapters.map(held) })]).problems).toEqual(
      walled.map((name) => `no test attacked "${name}" on Node 26`),
    );
  });

  it('fails for a row without a test, for a test without a row, and for one that failed', () => {
    const found: RowTest[] = [
      { id: 'A01', place: 'fork', status: 'passed' },
      { id: 'A01', place: 'fork', status: 'failed' },
      { id: 'A03', place: 'fork', status: 'passed' },
    ];
    const { text, problems } = pageOf([reportOf('26.1.0', { rows: found })]);
    expect(text).toContain('| A. Paths | 2 | – | – | – | 0, **failed**: A01 | – | – |');
    expect(problems).toEqual([
      'row A02 has no test on Node 26',
      'a test is titled A03, which is no row',
      'fork A01 failed on Node 26',
    ]);
  });

  it('tells the versions of Node apart where they differ, and names what was not run', () => {
    const skipped: RowTest[] = [...rows, { id: 'A02', place: 'fork', status: 'skipped' }];
    const { text } = pageOf([reportOf('26.1.0'), reportOf('22.18.0', { rows: skipped })]);
    expect(text).toContain('| Node 26: 1; Node 22: 1, not run: A02 |');
  });
});

describe('a comparison of two pages', () => {
  const { text } = pageOf([reportOf('26.1.0'), reportOf('22.18.0')]);

  it('does not mind minor versions, kernels, or how a table is laid out', () => {
    const later = pageOf([reportOf('26.9.3'), reportOf('22.20.0')], { bubblewrap: 'bubblewrap 0.11.0' }).text;
    expect(later).not.toBe(text);
    expect(comparePages(text, later)).toEqual([]);
    expect(comparePages(text.replaceAll('| --- |', '| ------ |'), later)).toEqual([]);
  });

  it('minds another major version and another figure', () => {
    expect(comparePages(text, pageOf([reportOf('28.0.0'), reportOf('22.18.0')]).text)).not.toEqual([]);
    expect(comparePages(text, text.replace('guard 2/2', 'guard 3/3'))).toEqual([
      expect.stringMatching(/^- .*guard 2\/2/),
      expect.stringMatching(/^\+ .*guard 3\/3/),
    ]);
  });

  it('leaves out what needs bubblewrap where there is none, and nothing else', () => {
    const claims = adapters.map(held);
    const bare = [reportOf('26.1.0', { claims }), reportOf('22.18.0', { claims })];
    const page = pageOf(bare, { bubblewrap: undefined }).text;
    expect(comparePages(withoutWall(text), page)).toEqual([]);
    expect(comparePages(text, page)).not.toEqual([]);
    expect(comparePages(withoutWall(text), page.replace('guard 2/2', 'wall 2/2'))).not.toEqual([]);
  });
});

describe('a report', () => {
  const machine = { node: '26.1.0', platform: 'linux', kernel: '6.18.1' };
  const claim = {
    adapter: 'worker',
    confinement: 'env',
    claimed: 'guard',
    attacks: [{ name: 'x', held: true }],
    machine,
  };
  const test = { ancestorTitles: ['fork', 'paths'], title: 'A01, A02 deny', status: 'passed', meta: {} };
  const report = (tests: readonly unknown[]): unknown => ({ testResults: [{ assertionResults: tests }] });

  it('is read for its claims, its machine and its rows', () => {
    const told = { ...test, title: 'keeps env', status: 'pending', meta: { kbClaim: claim } };
    const { machine: _, ...rest } = claim;
    expect(readReport(report([test, told]))).toEqual({
      machine,
      claims: [rest],
      rows: ['A01', 'A02'].map((id) => ({ id, place: 'fork', status: 'passed' })),
    });
  });

  it('is refused where it tells nothing of any adapter', () => {
    expect(() => readReport(report([test]))).toThrow('has attacked an adapter');
    expect(() => readReport({})).toThrow('has no testResults');
  });

  it('has the ids of rows at the beginning of titles alone', () => {
    expect(rowIdsOf('A01 denies B02')).toEqual(['A01']);
    expect(rowIdsOf('A01 and B02 deny')).toEqual(['A01', 'B02']);
    expect(rowIdsOf('denies A01')).toEqual([]);
    expect(rowIdsOf('A011 denies')).toEqual([]);
  });
});

describe('the rows of the attack corpus', () => {
  it('are 232, each once, below the letter of their section', () => {
    const text = readFileSync(new URL('attacks/rows.json', import.meta.url), 'utf8');
    const sections = JSON.parse(text) as readonly { readonly section: string; readonly rows: readonly string[] }[];
    const ids = sections.flatMap(({ rows: own }) => own);
    expect(new Set(ids).size).toBe(232);
    expect(ids).toHaveLength(232);
    expect(sections.flatMap(({ section, rows: own }) => own.filter((id) => !id.startsWith(section)))).toEqual([]);
  });
});
