import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assault, AttackEvidence, AttackKind } from './attack.js';
import { attemptsOf, makeAttempts } from './attempts.js';
import type { Attempt, AttemptReport } from './attempts.js';
import { watchSignals } from './signal-watch.js';

/** Ways to more processes, threads and native code, by the names that the guest's file has for them. */
export const PROCESS_ATTEMPTS: Readonly<Record<AttackKind, readonly string[]>> = {
  honest: [
    'child_process.spawn',
    'child_process.spawn detached',
    'child_process.spawnSync',
    'child_process.exec',
    'child_process.execSync',
    'child_process.execFile',
    'child_process.execFileSync',
    'child_process.fork',
    'cluster.fork',
    'a worker thread',
    'WASI',
    'process.dlopen',
    'require of an addon',
    'inspector.open',
    'a signal to everyone',
  ],
  hostile: [
    'Module._load',
    'process.binding of spawn_sync',
    'process.binding of process_wrap',
    'process._kill of everyone',
    'process._kill of the host',
    'process._debugProcess of the host',
    'a restored process.kill',
    'process.kill of another context',
  ],
};

/** They end the guest where they work, so each has a run of its own. */
export const PROCESS_REPLACEMENTS: readonly string[] = ['process.execve of a shell', 'process.execve of node'];

/** What a command of the attempts writes when it has run; the attempts themselves never say it. */
const RAN = 'ran-42';

/** Starts processes, threads and addons, and sends signals: the host looks for what they leave, and for what it is sent. */
export const assaultProcess: Assault = async (bench, kinds, around) => {
  const addon = join(bench.root, 'no-addon.node');
  writeFileSync(addon, 'not a shared library');
  const facts = (): Attempt['facts'] => ({ addon, hostPid: process.pid, marker: join(around, `ran-${randomUUID()}`) });
  const plan = (kind: AttackKind, names: readonly string[]): readonly Attempt[] =>
    kinds.has(kind) ? attemptsOf(kind, names, facts) : [];
  const groups = [
    plan('honest', PROCESS_ATTEMPTS.honest),
    plan('hostile', PROCESS_ATTEMPTS.hostile),
    ...plan('hostile', PROCESS_REPLACEMENTS).map((attempt) => [attempt]),
  ];
  const found: AttackEvidence[] = [];
  for (const group of groups) {
    using watch = watchSignals();
    const reports =
      group.length === 0
        ? new Map<string, never>()
        : await makeAttempts(bench, group, { handler: 'process-attempts.mjs#run' });
    const signalled = watch.harm();
    for (const attempt of group) found.push(await judge(attempt, reports.get(attempt.name), signalled));
  }
  return found;
};

async function judge(
  { name, kind, facts }: Attempt,
  report: AttemptReport | undefined,
  signalled: string | undefined,
): Promise<AttackEvidence> {
  const said = report?.text ?? '';
  const marker = String(facts['marker']);
  const left = existsSync(marker);
  await rm(marker, { force: true });
  if (left) return { name, kind, held: false, evidence: 'a process wrote its mark' };
  if (said.includes(RAN)) return { name, kind, held: false, evidence: `it ran: ${said.slice(0, 200)}` };
  const isSignal = /signal|kill|debugProcess/i.test(name);
  if (isSignal && signalled !== undefined) return { name, kind, held: false, evidence: signalled };
  return { name, kind, held: true, evidence: `nothing was started (${said.slice(0, 200)})` };
}
