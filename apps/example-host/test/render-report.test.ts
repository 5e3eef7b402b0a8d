import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DemoReport } from '../src/json-report.js';
import { renderReport } from '../src/render-report.js';

const REPORT: DemoReport = {
  options: { folder: '/f', sandbox: 'fork', wall: 'auto', plugins: '/p', artifacts: '/a', json: false },
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

  it('cuts long lists, and says so', () => {
    expect(renderReport(REPORT, {})).toMatch(/finding 5.*\n {2}and 3 more: see --json\n/u);
  });

  it('is coloured on a terminal, unless NO_COLOR says no', () => {
    vi.stubEnv('NO_COLOR', '');
    expect(renderReport(REPORT, { isTTY: true })).toContain('\u001b[31mNO\u001b[39m');
    vi.stubEnv('NO_COLOR', '1');
    expect(renderReport(REPORT, { isTTY: true })).not.toContain('\u001b');
  });
});
