import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row } from '../src/row.js';
import { mergeResults, renderPage, renderReadme, replaceBetween, writeGenerated } from '../src/write-generated.js';

const environment = { node: '26.10.0', cores: 2, cpu: 'a processor', platform: 'linux x64 6' };
const cold = row('cold', { ours: 30, floor: 30, peers: {}, unit: 'ms' });
const warm = row('warm', { ours: 1, floor: 1, peers: {}, unit: 'ms' });
const warmer = row('warm', { ours: 2, floor: 1, peers: {}, unit: 'ms' });

const part = row('breakdown:input', { ours: 1, floor: 2, peers: {}, unit: 'ms' });
const point = row('scale:rules:10', { ours: 1, floor: 2, peers: {}, unit: 'ms' });
const places = ['table', 'breakdown', 'curves'];
const PAGE = `before\n${places.map((name) => `<!-- bench:${name} -->\nold\n<!-- /bench:${name} -->\n`).join('between\n')}after\n`;

describe('what is generated', () => {
  let repository: string;
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'kb-labs-bench-'));
    await mkdir(join(repository, 'docs'));
    await writeFile(join(repository, 'README.md'), 'a\n<!-- bench:summary -->\n<!-- /bench:summary -->\nb\n');
    await writeFile(join(repository, 'docs/performance.md'), PAGE);
  });
  afterAll(() => rm(repository, { recursive: true }));

  it('stands between the markers, and is the same when it is written again', async () => {
    await writeGenerated({ repository, environment, rows: [cold] });
    await writeGenerated({ repository, environment, rows: [warm, part, point] });
    const page = await readFile(join(repository, 'docs/performance.md'), 'utf8');
    const lines = page.split('\n').filter((line) => !/^(?:\| (?:row|part|over|---)|$)/u.test(line));
    expect(lines.map((line) => line.split(',')[0]?.slice(0, 20))).toEqual([
      'before',
      '<!-- bench:table -->',
      'Node 26.10.0',
      '| cold | 30 ms | 30 ',
      '| warm | 1 ms | 1 | ',
      '<!-- /bench:table --',
      'between',
      '<!-- bench:breakdown',
      '| `input` | 1 ms | 5',
      '<!-- /bench:breakdow',
      'between',
      '<!-- bench:curves --',
      '| rules | 10 | 1 ms ',
      '<!-- /bench:curves -',
      'after',
    ]);
    expect(await readFile(join(repository, 'README.md'), 'utf8')).toMatch(
      /^a\n.*\n\| a run in a process that .*\nb\n$/su,
    );
    expect(await readFile(join(repository, 'docs/performance/peers.svg'), 'utf8')).toContain('used again, ms<');
    expect(await readFile(join(repository, 'docs/performance/goals.svg'), 'utf8')).toContain('>warm<');
    expect(await readFile(join(repository, 'docs/performance/curves.svg'), 'utf8')).toContain('>rules, ms<');
    await writeGenerated({ repository, environment, rows: [warm] });
    expect(await readFile(join(repository, 'docs/performance.md'), 'utf8')).toBe(page);
  });

  it('keeps what was not measured now, in its place', () => {
    const old = { environment, rows: [cold, warm] };
    expect(mergeResults(old, { environment, rows: [warmer] }).rows).toEqual([cold, warmer]);
    expect(mergeResults(undefined, old)).toEqual(old);
  });

  it('never mixes figures of two machines', () => {
    const other = { ...environment, cores: 64 };
    expect(() => mergeResults({ environment, rows: [cold, warm] }, { environment: other, rows: [warm] })).toThrow(
      'on another machine (Node 26.10.0, 2 cores',
    );
    expect(mergeResults({ environment, rows: [warm] }, { environment: other, rows: [warmer] }).environment).toBe(other);
  });

  it('changes nothing where the page shows the same already', () => {
    const results = { environment, rows: [warm, part, point] };
    const page = renderPage(PAGE, results);
    const readme = renderReadme('a <!-- bench:summary --><!-- /bench:summary --> b', results);
    expect([renderPage(page, results), renderReadme(readme, results)]).toEqual([page, readme]);
  });

  it('has its place', () => {
    expect(() => replaceBetween('<!-- /bench:table --> <!-- bench:table -->', 'table', '')).toThrow('the page has no');
  });

  it('has its place in the pages of this repository', async () => {
    const read = (page: string): Promise<string> => readFile(new URL(`../../../${page}`, import.meta.url), 'utf8');
    const results = { environment, rows: [cold, part, point] };
    expect(renderReadme(await read('README.md'), results)).toContain('elsewhere, in the same run');
    expect(renderPage(await read('docs/performance.md'), results)).toContain('| cold | 30 ms |');
  });
});
