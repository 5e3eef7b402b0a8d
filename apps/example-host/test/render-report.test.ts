import { join } from 'node:path';
import { createPluginContext, createRuntime } from '@kb-labs/plugin-runtime';
import pc from 'picocolors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DemoReport } from '../src/json-report.js';
import { renderReport } from '../src/render-report.js';
import { renderTable } from '../src/render-table.js';
import { appFolder } from './demo-process.js';
import { EMPTY_BACK } from './fixture-back.js';

const REPORT: DemoReport = {
  options: { folder: '/f', sandbox: 'fork', wall: 'auto', plugins: '/p', artifacts: '/a', json: false, dryRun: false },
  back: EMPTY_BACK,
  reports: [
    {
      label: 'evil\u001b[2J',
      pluginId: 'evil',
      handler: 'run',
      verdict: { met: false, text: 'said \u0007', findings: Array.from({ length: 9 }, (_, n) => `finding ${n}\r`) },
      result: undefined,
      denials: [],
    },
  ],
  checks: [{ name: 'nothing happened', held: false, detail: 'it\ndid' }],
  met: false,
};

afterEach(() => vi.unstubAllEnvs());

describe('the report for a person', () => {
  it('has no control characters but line breaks where it goes to a file', () => {
    const text = renderReport(REPORT, {});
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text).toContain(String.raw`evil\u{1b}[2J`);
    expect(text).toContain(String.raw`NO nothing happened: it\ndid`);
    expect(text).toContain('Not each did what it should');
  });

  it('tells what the records say, whatever stands in them', () => {
    const target = 'read\u001b[2J\nme';
    const denied = { kind: 'fs', target, allowed: 0, denied: 2, reasons: ['not-granted'] } as const;
    const audit = { ...EMPTY_BACK.audit, allowed: 7, denied: 2, byKind: { fs: { allowed: 7, denied: 2 } } };
    const text = renderReport({ ...REPORT, back: { ...EMPTY_BACK, audit: { ...audit, targets: [denied] } } }, {});
    expect(text).toContain('decisions: 7 allowed, 2 denied\n');
    expect(text).toContain(String.raw`denied 2 times: fs read\u{1b}[2J\nme: not-granted`);
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('cuts long lists, and says so', () => {
    expect(renderReport(REPORT, {})).toMatch(/finding 5.*\n {2}and 3 more: see --json\n/u);
  });

  it('counts memory in MiB, as the quota does', async () => {
    await using runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
    const pluginRoot = join(appFolder, 'test/guests/odd');
    const context = createPluginContext({ capabilities: [], permissions: {}, pluginRoot });
    const result = await runtime.execute('./odd.js#echo', {}, context);
    const peakMemoryBytes = { used: 96 * 1024 * 1024, limit: undefined };
    const report = {
      label: 'odd',
      pluginId: 'odd',
      handler: 'echo',
      verdict: { met: true, text: 'ran', findings: [] },
      result: { ...result, metrics: { ...result.metrics, peakMemoryBytes } },
      denials: [],
    };
    const table = renderTable([report], pc.createColors(false));

    expect(table).toContain('peak MiB');
    expect(table).toMatch(/│ +96 │/u);
  });

  it('is coloured on a terminal, unless NO_COLOR says no', () => {
    vi.stubEnv('NO_COLOR', '');
    expect(renderReport(REPORT, { isTTY: true })).toContain('\u001b[31mNO\u001b[39m');
    vi.stubEnv('NO_COLOR', '1');
    expect(renderReport(REPORT, { isTTY: true })).not.toContain('\u001b');
  });
});
