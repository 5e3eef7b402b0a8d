import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Assault, AttackEvidence } from './attack.js';
import { attemptsOf, makeAttempts } from './attempts.js';
import type { AttemptReport } from './attempts.js';
import { NOTHING } from './ending.js';

/** Ways to the host's variables, by the names that the guest's file has for them. */
export const ENV_ATTEMPTS = {
  honest: ['process.env', 'env of node:process', '/proc/self/environ', '/proc/<ppid>/environ', 'process.report'],
  hostile: [
    '/proc/thread-self/environ',
    '/proc/1/environ',
    '/proc/<host>/environ',
    '/proc/<host>/task/<host>/environ',
    'every /proc/*/environ',
    'process.binding',
  ],
} as const;

/** Where the guest must see what it was granted, and nothing more. */
const WHOLE: ReadonlySet<string> = new Set(['process.env', 'env of node:process']);

/** Looks for the host's variables wherever a guest may find them. */
export const assaultEnv: Assault = async (bench, kinds) => {
  const granted = `granted-${randomUUID()}`;
  const facts = { hostPid: process.pid };
  const attempts = (['honest', 'hostile'] as const)
    .filter((kind) => kinds.has(kind))
    .flatMap((kind) => attemptsOf(kind, ENV_ATTEMPTS[kind], () => facts));
  const reports = await makeAttempts(bench, attempts, {
    handler: 'env-attempts.mjs#run',
    env: { KB_CONFORMANCE_GRANTED: granted },
  });
  const secrets = readHostEnvironment();
  return attempts.map(({ name, kind }): AttackEvidence => {
    const report = reports.get(name) ?? { did: false, text: '' };
    return { name, kind, ...judge(name, report, { secrets, granted: `KB_CONFORMANCE_GRANTED=${granted}` }) };
  });
};

interface Known {
  readonly secrets: readonly string[];
  readonly granted: string;
}

function judge(
  name: string,
  { did, text }: AttemptReport,
  { secrets, granted }: Known,
): Pick<AttackEvidence, 'held' | 'evidence'> {
  const leaked = secrets.filter((entry) => text.includes(entry)).map((entry) => entry.slice(0, entry.indexOf('=')));
  if (leaked.length > 0) return { held: false, evidence: `saw the host's ${leaked.slice(0, 5).join(', ')}` };
  if (!WHOLE.has(name)) return { held: true, evidence: did ? 'saw nothing of the host' : text };
  if (text === NOTHING) return { held: true, evidence: NOTHING };
  const held = text === granted;
  return { held, evidence: held ? 'saw what was granted' : `saw ${did ? nameList(text) : text}, not what was granted` };
}

function nameList(text: string): string {
  const names = text.split('\0').map((line) => line.slice(0, line.indexOf('=')));
  return names.slice(0, 10).join(', ');
}

/** Shorter ones may be anybody's: `SHLVL=1`. */
const TELLING = 12;

/** What a child of this process would inherit: the very thing that must not reach a guest. */
function readHostEnvironment(): readonly string[] {
  const print = "console.log(JSON.stringify(Object.entries(process['env']).map((pair) => pair.join('='))))";
  const entries: unknown = JSON.parse(execFileSync(process.execPath, ['-e', print], { encoding: 'utf8' }));
  if (!Array.isArray(entries)) return [];
  return entries.filter((entry): entry is string => typeof entry === 'string' && entry.length >= TELLING);
}
