import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createError } from '@kb-labs/contracts';
import type { AuditEntry, AuditRecord } from '@kb-labs/contracts';
import { isAuditEntry, parseAuditLine } from './audit-line.js';

/** How often one thing was asked for. */
export interface AuditCount {
  readonly allowed: number;
  readonly denied: number;
}

/** What was asked for, how often, and with what answer. */
export interface AuditTarget extends AuditCount {
  readonly kind: AuditRecord['kind'];
  readonly target: string;
  /** Why it was denied, most frequent first. */
  readonly reasons: readonly string[];
}

/** Decisions at a glance. Of allowed ones it knows what the log kept. */
export interface AuditSummary extends AuditCount {
  readonly executions: number;
  readonly byKind: Readonly<Record<string, AuditCount>>;
  readonly byPlugin: Readonly<Record<string, AuditCount>>;
  /** Targets, those denied most often first, then those allowed most often: 20 at most. */
  readonly targets: readonly AuditTarget[];
  /** Lines that are no decisions. */
  readonly malformed: number;
}

const TOP = 20;
const CHUNK = 262_144;
/** Characters: twice what a log writes at most. */
const MAX_LINE = 1_048_576;
/** Targets that are told apart; a guest can make up as many as it likes. */
const MAX_TARGETS = 10_000;

interface Tally {
  allowed: number;
  denied: number;
}

interface TargetTally extends Tally {
  readonly kind: AuditRecord['kind'];
  readonly target: string;
  readonly reasons: Map<string, number>;
}

/** Sums up entries, or the file of an audit log (its rotated files as well, oldest first). Throws `ERR_IO_FAILED` where it cannot be read. */
export async function summariseAudit(
  source: string | Iterable<AuditEntry> | AsyncIterable<AuditEntry>,
): Promise<AuditSummary> {
  const summing = new Summing();
  if (typeof source === 'string') {
    for await (const line of linesOf(source)) summing.add(parseAuditLine(line));
  } else {
    for await (const entry of source) summing.add(isAuditEntry(entry) ? entry : undefined);
  }
  return summing.summary();
}

class Summing {
  readonly #all: Tally = { allowed: 0, denied: 0 };
  readonly #executions = new Set<string>();
  readonly #kinds = new Map<string, Tally>();
  readonly #plugins = new Map<string, Tally>();
  readonly #targets = new Map<string, TargetTally>();
  #malformed = 0;

  add(entry: AuditEntry | undefined): void {
    if (entry === undefined) {
      this.#malformed += 1;
      return;
    }
    const { kind, target, decision } = entry.audit;
    this.#executions.add(entry.executionId);
    const verdict = decision.allowed ? 'allowed' : 'denied';
    const tallies = [this.#all, tallyOf(this.#kinds, kind), tallyOf(this.#plugins, entry.pluginId)];
    for (const tally of tallies) tally[verdict] += 1;
    const seen = this.#targetOf(kind, target);
    if (seen === undefined) return;
    seen[verdict] += 1;
    if (!decision.allowed) seen.reasons.set(decision.reason, (seen.reasons.get(decision.reason) ?? 0) + 1);
  }

  summary(): AuditSummary {
    const targets = [...this.#targets.values()]
      .toSorted((a, b) => b.denied - a.denied || b.allowed - a.allowed || (a.target < b.target ? -1 : 1))
      .slice(0, TOP)
      .map(({ reasons, ...counted }) => ({
        ...counted,
        reasons: [...reasons].toSorted(([, a], [, b]) => b - a).map(([reason]) => reason),
      }));
    return {
      ...this.#all,
      executions: this.#executions.size,
      byKind: Object.fromEntries(this.#kinds),
      byPlugin: Object.fromEntries(this.#plugins),
      targets,
      malformed: this.#malformed,
    };
  }

  #targetOf(kind: AuditRecord['kind'], target: string): TargetTally | undefined {
    const key = `${kind} ${target}`;
    const known = this.#targets.get(key);
    if (known !== undefined || this.#targets.size >= MAX_TARGETS) return known;
    const made: TargetTally = { kind, target, allowed: 0, denied: 0, reasons: new Map() };
    this.#targets.set(key, made);
    return made;
  }
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name);
  if (known !== undefined) return known;
  const made = { allowed: 0, denied: 0 };
  tallies.set(name, made);
  return made;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    for (const part of await partsOf(file)) {
      yield* splitLines(createReadStream(part, { encoding: 'utf8', highWaterMark: CHUNK }));
    }
  } catch (error) {
    throw createError('ERR_IO_FAILED', `The audit log ${file} cannot be read`, { cause: error, details: { file } });
  }
}

/** Of a line without an end no more is held than any line of ours has; it is no decision then. */
async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    if (rest.length < MAX_LINE) rest += first;
    for (const next of others) {
      if (rest !== '') yield rest;
      rest = next;
    }
  }
  if (rest !== '') yield rest;
}

/** Oldest first. A file that rotated away while this runs is missed or read twice: a log at rest is summed up exactly. */
async function partsOf(file: string): Promise<string[]> {
  if (!(await stat(file)).isFile()) throw new Error('It is no regular file');
  const parts = [file];
  for (let index = 1; await exists(`${file}.${index}`); index++) parts.unshift(`${file}.${index}`);
  return parts;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
