import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
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
    }),
  ),
  checks: z.array(z.object({ name: z.string(), held: z.boolean(), detail: z.string() })),
});

type Report = z.infer<typeof reportSchema>;

const REFUSED = '29 ways out, 29 refused';

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
      'code-review (sample)': '1 files, 7 lines, 4 findings',
      'dependency-report': '1 manifests, 3 locked, 1 in several versions',
      'hostile escape': REFUSED,
      'hostile garble': 'ended by ERR_PROTOCOL',
      'hostile hoard': 'ended by ERR_MEMORY_EXCEEDED',
      'hostile spin': 'ended by ERR_TIMEOUT',
      'link-check': '2 links in 1 files, 1 ok, 1 broken',
      'link-check (sample)': '9 links in 2 files, 3 ok, 2 broken, 4 denied',
    });
    expect(report.runs.flatMap(({ verdict }) => verdict.findings)).toEqual(
      expect.arrayContaining([
        'src/index.ts:2 error: a debugger statement stops whoever runs this under an inspector',
        'licences: ISC 2, MIT 2',
        'left is locked as 1.0.0 and 2.1.0',
      ]),
    );
    expect(report.checks.map(({ held, detail }) => [held, detail])).toEqual([
      [true, '0 connections'],
      [true, '0 of 2 found'],
      [true, '0 files'],
    ]);
    const [stored] = report.runs.flatMap((run) => run.artifacts);
    expect(stored?.uri).toMatch(/^artifact:\/\/dependency-report\/reports\/dependencies-\d{4}-\d\d-\d\d\.md$/u);
    expect(readFileSync(stored?.location ?? '', 'utf8')).toContain('| left | 1.0.0, 2.1.0 |');
    expect([code, report.ok]).toEqual([0, true]);
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

describe('the demo on this repository', () => {
  it('tells a person what happened, and leaves no trace in the tree', async () => {
    const before = gitStatus();
    const { code, stdout, stderr } = await runDemoProcess([]);

    expect(stdout).toContain('Each did what it should.');
    expect(stdout).toContain(REFUSED);
    expect(stdout).toContain('grant: replace /permissions/fs/mode "readWrite"');
    expect(stdout).toContain(`artifacts in ${join(appFolder, '.artifacts')}`);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toContain('code-review: 100%');
    expect(code).toBe(0);
    expect(gitStatus()).toBe(before);
  });
});

/** What git sees in this app: other files of the tree may change while the test runs. */
function gitStatus(): string {
  return spawnSync('git', ['status', '--porcelain', '--', '.'], { cwd: appFolder, encoding: 'utf8' }).stdout;
}
