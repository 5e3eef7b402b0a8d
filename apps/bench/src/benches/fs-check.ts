import type { PermissionPolicy } from '@kb-labs/contracts';
import { compilePolicy } from '@kb-labs/permissions';
import type { Bench, BenchOptions, BenchRow } from '../bench.js';
import { interleaveLoops } from '../interleave.js';
import { mixedRules, unknownPaths } from '../mixed-rules.js';
import type { MixedRules } from '../mixed-rules.js';
import { minimatchLoop, picomatchLoop } from '../peers/glob-loops.js';
import type { GlobLoop } from '../peers/glob-loops.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const ROOT = '/srv/workspace';

export const fsCheck: Bench = {
  name: 'fs-check',
  title: 'a decision on an absolute path among mixed rules, beside path.resolve and a loop of compiled globs',
  async run(options) {
    options.progress('100 mixed rules');
    const mixed = await measureMixed(options);
    options.progress('10 and 1 000 rules');
    const grown = await measureGrown(options);
    options.progress('hostile patterns');
    return [...mixed, ...grown, await measureHostile(options)];
  },
};

async function measureMixed({ quick, signal }: BenchOptions): Promise<readonly BenchRow[]> {
  const rules = mixedRules(100);
  // Half of the questions are allowed, a quarter denied, a quarter by no rule.
  const paths = [...some(rules.allowed, 32), ...some(rules.denied, 16), ...some(unknownPaths, 16)].map(absolute);
  const check = checkerOf(rules);
  const minimatch = minimatchLoop(ROOT, rules.spec);
  const picomatch = picomatchLoop(ROOT, rules.spec);
  for (const path of paths) assertAlike(path, [check, minimatch, picomatch]);
  const ask = (loop: GlobLoop) => (index: number) => loop(paths[index & 63] ?? '');
  const samples = await interleaveLoops(
    { ours: ask(check), minimatch: ask(minimatch), picomatch: ask(picomatch) },
    { rounds: quick ? 80 : 400, calls: 1280, signal },
  );
  const ours = median(samples.ours);
  const peers = { 'picomatch loop': toNs(median(samples.picomatch)) };
  return [
    row('fs-check', { ours: toNs(ours), floor: toNs(median(samples.minimatch)), peers, unit: 'ns' }),
    row('fs-check:rate', { ours: 1000 / ours, floor: null, peers: {}, unit: 'a second' }),
  ];
}

async function measureGrown({ quick, signal }: BenchOptions): Promise<readonly BenchRow[]> {
  const [few, many] = [mixedRules(10), mixedRules(1000)];
  const ask = (rules: MixedRules, paths: readonly string[]): ((index: number) => boolean) => {
    const check = checkerOf(rules);
    const asked = some(paths, 64).map(absolute);
    return (index) => check(asked[index & 63] ?? '');
  };
  const samples = await interleaveLoops(
    {
      fewHits: ask(few, few.allowed),
      manyHits: ask(many, many.allowed),
      fewMisses: ask(few, unknownPaths),
      manyMisses: ask(many, unknownPaths),
    },
    { rounds: quick ? 200 : 1000, calls: 1920, signal },
  );
  const figure = (name: keyof typeof samples): number => toNs(median(samples[name]));
  const common = { peers: {}, unit: 'ns' };
  return [
    row('fs-check:hit-10-1000', { ...common, ours: figure('manyHits'), floor: figure('fewHits') }),
    row('fs-check:miss-10-1000', { ...common, ours: figure('manyMisses'), floor: figure('fewMisses') }),
  ];
}

/** As many globs as a list may have, each as dear as a rule may be, and paths that almost match them all. */
async function measureHostile({ quick, signal }: BenchOptions): Promise<BenchRow> {
  const list = (glob: (index: number) => string): string[] => Array.from({ length: 256 }, (_, index) => glob(index));
  const long = Array.from({ length: 15 }, () => 'a'.repeat(255)).join('/');
  const cases = {
    stars: { globs: list((index) => `**/${'*a'.repeat(7)}*b${index}`), path: long },
    questions: { globs: list((index) => `**/*${'?a'.repeat(4)}*a?b${index}`.replace('a?b', 'ab')), path: long },
    stretches: { globs: list((index) => `${'**/a*/'.repeat(8)}b${index}*`), path: 'a/'.repeat(127) + 'c' },
    runs: { globs: list((index) => `**/*${'a'.repeat(120)}b${index}*`), path: long },
  };
  const subjects = Object.entries(cases).map(([name, { globs, path }]) => {
    const policy = compilePolicy(
      { fs: { mode: 'read', allow: globs, deny: globs } },
      { root: ROOT, platform: 'linux' },
    );
    return [name, () => isAllowed(policy, `${ROOT}/${path}`)] as const;
  });
  const samples = await interleaveLoops(Object.fromEntries(subjects), { rounds: quick ? 15 : 60, calls: 1, signal });
  const figures = Object.entries(samples).map(([name, times]) => [name, median(times)] as const);
  return row('fs-check:hostile', {
    ours: Math.max(...figures.map(([, time]) => time)),
    floor: null,
    peers: Object.fromEntries(figures),
    unit: 'ms',
    note: 'one decision that tries 512 globs, the most that two lists may hold; the dearest of four kinds',
  });
}

function checkerOf({ spec }: MixedRules): GlobLoop {
  const policy = compilePolicy({ fs: spec }, { root: ROOT, platform: 'linux' });
  return (path) => isAllowed(policy, path);
}

function isAllowed(policy: PermissionPolicy, path: string): boolean {
  return policy.check({ kind: 'fs', operation: 'read', path }).allowed;
}

/** Whoever answers faster must give the same answers. */
function assertAlike(path: string, loops: readonly GlobLoop[]): void {
  const answers = new Set(loops.map((loop) => loop(path)));
  if (answers.size > 1) throw new Error(`the matchers do not agree on ${path}`);
}

function some(paths: readonly string[], count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => paths[index % paths.length] ?? '');
}

function absolute(path: string): string {
  return [ROOT, path].join('/');
}

function toNs(ms: number): number {
  return ms * 1e6;
}
