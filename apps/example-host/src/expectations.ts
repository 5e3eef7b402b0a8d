import type { ErrorCode, ExecuteResult } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import type { DemoServers } from './demo-servers.js';
import { judge } from './judge.js';
import { plainLine } from './plain-text.js';
import type { Verdict } from './verdict.js';

const count = z.int().min(0);

const reportSchema = z.object({
  summary: z.object({
    manifests: count,
    lockfile: z.string().nullable(),
    packages: count,
    duplicates: z.array(z.object({ name: z.string(), versions: z.array(z.string()) })),
    licences: z.record(z.string(), count),
  }),
});

const reviewSchema = z.object({
  files: count,
  lines: count,
  findings: z.array(
    z.object({ file: z.string(), line: count, severity: z.string(), rule: z.string(), message: z.string() }),
  ),
  more: count,
});

const linksSchema = z.object({
  files: count,
  links: count,
  counts: z.object({ ok: count, broken: count, denied: count, skipped: count }),
  findings: z.array(
    z.object({ file: z.string(), line: count, target: z.string(), verdict: z.string(), detail: z.string() }),
  ),
});

const attemptsSchema = z.object({
  attempts: z.array(
    z.object({ name: z.string(), aim: z.string(), outcome: z.enum(['refused', 'worked']), detail: z.string() }),
  ),
});

/** A report with its Markdown stored. */
export function expectReport(result: ExecuteResult): Verdict {
  return judge(result, reportSchema, ({ summary }) => {
    const { manifests, packages, duplicates, licences } = summary;
    return {
      met: result.artifacts.length === 1,
      text: `${manifests} manifests, ${packages} locked, ${duplicates.length} in several versions`,
      findings: [
        `licences: ${Object.entries(licences)
          .map(([name, number]) => `${name} ${number}`)
          .join(', ')}`,
        ...duplicates.map(({ name, versions }) => `${name} is locked as ${versions.join(' and ')}`),
      ],
    };
  });
}

/** A review, whatever it found. */
export function expectReview(result: ExecuteResult): Verdict {
  return judge(result, reviewSchema, ({ files, lines, findings, more }) => ({
    met: true,
    text: `${files} files, ${lines} lines, ${findings.length + more} findings`,
    findings: findings.map(({ file, line, severity, message }) => `${file}:${line} ${severity}: ${message}`),
  }));
}

/** The findings of the sample, which are known beforehand. */
export function expectSampleReview(result: ExecuteResult): Verdict {
  const found = judge(result, reviewSchema, ({ findings }) => ({
    met: findings.map(({ line, rule }) => `${line} ${rule}`).join() === '1 open-task,2 debugger,5 silent-catch,7 eval',
    text: '',
    findings: [],
  }));
  const review = expectReview(result);
  return { ...review, met: review.met && found.met };
}

/** Every link answered for, whatever the answer. */
export function expectTreeLinks(result: ExecuteResult): Verdict {
  return judge(result, linksSchema, (data) => ({ met: true, ...describeLinks(data) }));
}

/** The links of the sample, where each answer is known beforehand. */
export function expectSampleLinks({
  granted,
  forbidden,
}: Pick<DemoServers, 'granted' | 'forbidden'>): (result: ExecuteResult) => Verdict {
  const expected = new Map([
    [`${granted}/missing`, 'broken'],
    [`${granted}/redirect`, 'denied'],
    [`${forbidden}/secret`, 'denied'],
    ['https://example.com/', 'denied'],
    ['nobody.md', 'broken'],
    ['../../etc/passwd', 'denied'],
  ]);
  return (result) =>
    judge(result, linksSchema, (data) => {
      const { findings, counts } = data;
      const isEachExpected = findings.every(({ target, verdict }) => expected.get(target) === verdict);
      return { met: isEachExpected && findings.length === expected.size && counts.ok === 3, ...describeLinks(data) };
    });
}

/** At least forty ways out tried, and none that worked. */
export function expectEscapesRefused(result: ExecuteResult): Verdict {
  return judge(result, attemptsSchema, ({ attempts }) => {
    const worked = attempts.filter(({ outcome }) => outcome === 'worked');
    return {
      met: worked.length === 0 && attempts.length >= 40,
      text: `${attempts.length} ways out, ${attempts.length - worked.length} refused`,
      findings: attempts.map(({ name, outcome, detail }) => `${name}: ${outcome}, ${detail}`),
    };
  });
}

/** An end with this code. */
export function expectEnd(code: ErrorCode): (result: ExecuteResult) => Verdict {
  return (result) => {
    if (result.ok) return { met: false, text: `ended well, where ${code} was due`, findings: [] };
    return { met: result.error.code === code, text: `ended by ${result.error.code}`, findings: [result.error.message] };
  };
}

/** An end without an error. */
export function expectOk(result: ExecuteResult): Verdict {
  return judge(result, z.unknown(), () => ({ met: true, text: 'ended well', findings: [] }));
}

function describeLinks({ files, links, counts, findings }: z.infer<typeof linksSchema>): Omit<Verdict, 'met'> {
  const { ok, broken, denied, skipped } = counts;
  const answers = Object.entries({ ok, broken, denied, skipped }).filter(([, number]) => number > 0);
  return {
    text: [`${links} links in ${files} files`, ...answers.map(([answer, number]) => `${number} ${answer}`)].join(', '),
    findings: findings.map(
      ({ file, line, target, verdict, detail }) => `${file}:${line} ${verdict}: ${plainLine(target, 80)}, ${detail}`,
    ),
  };
}
