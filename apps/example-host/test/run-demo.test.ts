import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { appFolder, runDemoProcess } from './demo-process.js';
import { makeFolder, PROJECT } from './fixture-folder.js';

const reportSchema = z.object({
  ok: z.boolean(),
  folder: z.string(),
  runs: z.array(
    z.object({
      label: z.string(),
      ran: z.boolean(),
      verdict: z.object({ met: z.boolean(), text: z.string(), findings: z.array(z.string()) }),
      error: z.object({ code: z.string() }).optional(),
      confinement: z.object({ adapter: z.string(), firmness: z.record(z.string(), z.string()) }).optional(),
      denials: z.array(z.object({ target: z.string(), reason: z.string(), patches: z.array(z.unknown()) })),
      artifacts: z.array(z.object({ uri: z.string(), location: z.string() })),
      operations: z.array(z.object({ name: z.string(), target: z.string(), dryRun: z.boolean() })),
    }),
  ),
  trace: z.object({ roots: z.array(z.unknown()) }).optional(),
  audit: z.object({ denied: z.number(), byKind: z.record(z.string(), z.unknown()) }),
  analytics: z.array(z.object({ name: z.string(), records: z.number(), sums: z.record(z.string(), z.number()) })),
  events: z.array(z.object({ topic: z.string(), from: z.string(), payload: z.unknown() })),
  replay: z.object({ same: z.boolean(), answered: z.number() }).optional(),
  artifacts: z.array(z.object({ uri: z.string(), location: z.string() })),
  checks: z.array(z.object({ name: z.string(), held: z.boolean(), detail: z.string() })),
});

type Report = z.infer<typeof reportSchema>;

const REFUSED = '43 ways out, 43 refused';

const CHECKS = [
  'the forbidden server was never reached',
  'no secret came out in a result, a log or an error',
  'no file was planted',
  'every denial is on the record',
  'nobody spoke for another',
  'each run was counted',
  'no secret stands in a snapshot or in the log of decisions',
  'what was kept can be read and stored',
  'the trace shows the run that was invoked',
  'a snapshot was run again',
];

function verdictsOf(report: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(report.runs.map(({ label, verdict }) => [label, verdict.text]));
}

describe('the demo on a small project', () => {
  it.each([
    ['with the wall that the machine has', []],
    ['without a wall', ['--wall', 'off']],
  ])('has every plugin do what it should %s', async (_, args) => {
    const folder = await makeFolder(PROJECT);
    const artifacts = await makeFolder({});
    const { code, stdout } = await runDemoProcess([folder, '--json', '--artifacts', artifacts, ...args]);
    const report = reportSchema.parse(JSON.parse(stdout));

    expect(verdictsOf(report)).toEqual({
      'code-review': '1 files, 2 lines, 1 findings',
      'code-review (sample)': '1 files, 8 lines, 4 findings',
      'dependency-report': '1 manifests, 3 locked, 1 in several versions',
      'hostile escape': REFUSED,
      'hostile garble': 'ended by ERR_PROTOCOL',
      'hostile hoard': 'ended by ERR_MEMORY_EXCEEDED',
      'hostile spin': 'ended by ERR_TIMEOUT',
      'link-check': '2 links in 1 files, 1 ok, 1 broken',
      'link-check (sample)': '9 links in 2 files, 3 ok, 2 broken, 4 denied',
      'release-digest': 'told of 1 findings, 1 of 2 links broken; 3 packages',
      tidy: '1 documents, 0 would be changed, and none was',
      'tidy (sample)': '3 documents, 2 tidied, and it is noted',
      'tidy (told no)': '2 untidy, and left so',
    });
    expect(report.runs.flatMap(({ verdict }) => verdict.findings)).toEqual(
      expect.arrayContaining([
        'src/index.ts:2 error: a debugger statement stops whoever runs this under an inspector',
        'licences: ISC 2, MIT 2',
        'left is locked as 1.0.0 and 2.1.0',
      ]),
    );
    expect(report.checks.filter(({ held }) => !held)).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toEqual(CHECKS);
    const stored = new Map(report.artifacts.map(({ uri, location }) => [uri, readFileSync(location, 'utf8')]));
    expect([...stored.keys()].map((uri) => uri.replace(/\d{4}-\d\d-\d\d/u, 'DATE'))).toEqual([
      'artifact://code-review/reviews/latest.json',
      'artifact://code-review/reviews/sample.json',
      'artifact://dependency-report/reports/dependencies-DATE.md',
      'artifact://release-digest/digests/latest.md',
      'artifact://example-host/audit/latest.jsonl',
      'artifact://example-host/traces/release-digest.json',
    ]);
    expect([...stored.values()][2]).toContain('| left | 1.0.0, 2.1.0 |');
    expect(stored.get('artifact://release-digest/digests/latest.md')).toContain('1 files, 1 findings.');
    expect([code, report.ok]).toEqual([0, true]);
  });

  it('puts what the rooms have kept into the report', async () => {
    const folder = await makeFolder(PROJECT);
    const { stdout } = await runDemoProcess([folder, '--json', '--artifacts', await makeFolder({})]);
    const report = reportSchema.parse(JSON.parse(stdout));

    expect(report.trace?.roots).toHaveLength(1);
    expect(report.replay).toMatchObject({ same: true, answered: 8 });
    expect(Object.keys(report.audit.byKind)).toEqual(
      expect.arrayContaining(['fs', 'net', 'artifact', 'event', 'invoke', 'shell']),
    );
    expect(report.analytics.find(({ name }) => name === 'links.checked')).toMatchObject({
      records: 2,
      sums: { links: 11, ok: 4, broken: 3, denied: 4 },
    });
    expect(report.events.map(({ topic, from, payload }) => [topic, from, payload])).toEqual(
      expect.arrayContaining([
        ['review.done', 'code-review', { name: 'latest', files: 1, findings: 1, path: 'reviews/latest.json' }],
        ['links.done', 'link-check', { name: 'latest', links: 2, broken: 1 }],
      ]),
    );
  });

  it('names each denial with its reason, and the change that would lift it', async () => {
    const folder = await makeFolder({});
    const { stdout } = await runDemoProcess([folder, '--json', '--artifacts', await makeFolder({})]);
    const report = reportSchema.parse(JSON.parse(stdout));
    const denials = report.runs.find(({ label }) => label === 'link-check (sample)')?.denials ?? [];

    expect(denials.find(({ target }) => target === 'https://example.com/')).toEqual({
      target: 'https://example.com/',
      reason: 'not-requested',
      patches: ['manifest', 'grant'].map((document) => ({
        document,
        operations: [{ op: 'add', path: '/permissions/net/allow/-', value: 'example.com' }],
      })),
    });
  });

  it('does not run the hostile plugin where nothing confines it', async () => {
    const folder = await makeFolder(PROJECT);
    const args = [folder, '--json', '--sandbox', 'in-process', '--artifacts', await makeFolder({})];
    const { code, stdout } = await runDemoProcess(args);
    const report = reportSchema.parse(JSON.parse(stdout));

    expect(report.runs.filter(({ ran }) => !ran).map(({ label, verdict }) => [label, verdict.text])).toEqual(
      ['escape', 'garble', 'hoard', 'spin'].map((handler) => [
        `hostile ${handler}`,
        'not run: in-process confines nothing',
      ]),
    );
    expect(code).toBe(0);
  });

  it('fails with the row of a plugin that does not do what it should', async () => {
    const folder = await makeFolder(PROJECT);
    const plugins = join(folder, 'plugins');
    await cp(join(appFolder, 'plugins/link-check'), join(plugins, 'link-check'), { recursive: true });
    await cp(join(appFolder, 'test/guests/broken'), join(plugins, 'broken'), { recursive: true });
    await cp(join(appFolder, 'test/guests/odd'), join(plugins, 'odd'), { recursive: true });
    const args = [folder, '--json', '--plugins', plugins, '--artifacts', await makeFolder({})];
    const { code, stdout } = await runDemoProcess(args);
    const report = reportSchema.parse(JSON.parse(stdout));

    expect(report.runs.map(({ label, verdict }) => [label, verdict.met, verdict.text])).toEqual([
      ['broken', false, 'not loaded'],
      ['link-check', true, '2 links in 1 files, 1 ok, 1 broken'],
      ['link-check (sample)', true, '9 links in 2 files, 3 ok, 2 broken, 4 denied'],
      ['odd maps', true, 'ended well'],
      ['odd throws', false, 'failed: ERR_HANDLER_FAILED'],
    ]);
    expect([code, report.ok]).toEqual([1, false]);
  });
});

it('a folder in which nothing can be stored is told, and no reason to break off', async () => {
  const folder = await makeFolder({ ...PROJECT, file: '' });
  const plugins = join(folder, 'plugins');
  await cp(join(appFolder, 'plugins/dependency-report'), join(plugins, 'dependency-report'), { recursive: true });
  const args = [folder, '--json', '--plugins', plugins, '--artifacts', join(folder, 'file/below')];
  const { code, stdout } = await runDemoProcess(args);
  const report = reportSchema.parse(JSON.parse(stdout));

  expect(verdictsOf(report)).toEqual({ 'dependency-report': 'failed: ERR_IO_FAILED' });
  expect(report.checks.filter(({ held }) => !held)).toEqual([
    { name: 'what was kept can be read and stored', held: false, detail: expect.stringContaining('ENOTDIR') },
  ]);
  expect([code, report.ok]).toEqual([1, false]);
});

describe('a dry run of the demo', () => {
  it('leaves every file as it was, and says what would have been changed', async () => {
    const folder = await makeFolder({ ...PROJECT, 'docs/untidy.md': 'a \nb' });
    for (const args of [
      ['init', '--quiet'],
      ['add', '.'],
    ])
      spawnSync('git', args, { cwd: folder });
    const before = [gitStatus(folder), await contentsOf(folder)];
    const args = [folder, '--json', '--dry-run', '--artifacts', join(folder, 'stored')];
    const temporary = await makeFolder({});
    const { code, stdout } = await runDemoProcess(args, { TMPDIR: temporary });
    const report = reportSchema.parse(JSON.parse(stdout));

    expect([gitStatus(folder), await contentsOf(folder)]).toEqual(before);
    expect(await readdir(temporary)).toEqual([]);
    expect(report.checks.filter(({ held }) => !held)).toEqual([]);
    expect(report.checks.at(-1)?.name).toBe('nothing was changed or stored');
    expect(verdictsOf(report)).toMatchObject({
      'release-digest': 'told of no review, no links; 3 packages',
      tidy: '2 documents, 1 would be changed, and none was',
      'tidy (sample)': '3 documents, 2 would be tidied, and it is noted',
    });
    const operations = report.runs.flatMap((run) =>
      run.operations.map(({ name, target, dryRun }) => [run.label, name, target, dryRun]),
    );
    expect(operations).toEqual([
      ['code-review', 'artifacts.write', 'reviews/latest.json', true],
      ['code-review (sample)', 'artifacts.write', 'reviews/sample.json', true],
      ['release-digest', 'artifacts.write', 'digests/latest.md', true],
      ['release-digest', 'shell.run', '/usr/bin/wc -l', true],
      ['tidy', 'fs.writeFile', 'docs/untidy.md', true],
      ['tidy (sample)', 'fs.writeFile', 'breaks.md', true],
      ['tidy (sample)', 'fs.writeFile', 'last.md', true],
      ['tidy (sample)', 'config.ensureSection', 'settings.json', true],
    ]);
    expect([report.artifacts, code]).toEqual([[], 0]);
  });
});

describe('the demo on this repository', () => {
  it('tells a person what happened, and leaves no trace in the tree', { timeout: 60_000 }, async () => {
    const before = gitStatus(appFolder);
    const { code, stdout, stderr } = await runDemoProcess([]);

    expect(stdout).toContain('Each did what it should.');
    expect(stdout).toContain(REFUSED);
    expect(stdout).toContain('grant: replace /permissions/fs/mode "readWrite"');
    expect(stdout).toContain(`artifacts in ${join(appFolder, '.artifacts')}`);
    expect(stdout).toContain('invoke.call dependency-report@^1:report');
    expect(stdout).toMatch(/decisions: \d+ allowed, \d+ denied/u);
    expect(stdout).toContain('same outcome, 8 host calls answered from the record');
    expect(stdout).toContain('tidy would change (dry run)');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toContain('code-review: 100%');
    expect(code).toBe(0);
    expect(stderr).toContain('release-digest: The digest is at artifact://release-digest/digests/latest.md');
    expect(gitStatus(appFolder)).toBe(before);
  });
});

/** What git sees in a folder and below: other files of a tree may change while the test runs. */
function gitStatus(folder: string): string {
  return spawnSync('git', ['status', '--porcelain', '--', '.'], { cwd: folder, encoding: 'utf8' }).stdout;
}

/** Every file with its text; of git only that it is there, as asking for its status writes to its index. */
async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [file, file.startsWith(join(folder, '.git')) ? '' : readFileSync(file, 'utf8')] as const),
  );
}
