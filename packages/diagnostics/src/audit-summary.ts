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
  /** Told apart up to 100 000. */
  readonly executions: number;
  readonly byKind: Readonly<Record<string, AuditCount>>;
  /** Of 10 000 plugins at most: what further ones asked for counts in the whole alone. */
  readonly byPlugin: Readonly<Record<string, AuditCount>>;
  /** Of the first 10 000 targets 20 at most: those denied most often first, then those allowed most often. */
  readonly targets: readonly AuditTarget[];
  /** Lines that are no decisions. */
  readonly malformed: number;
}

const TOP = 20;
const CHUNK = 262_144;
/** Characters: twice what a log writes at most. */
const MAX_LINE = 1_048_576;
/** Names that are told apart. A guest can make up as many targets as it likes, and a log may be years old. */
const MAX_NAMES = 10_000;
const MAX_EXECUTIONS = 100_000;

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
    if (this.#executions.size < MAX_EXECUTIONS) this.#executions.add(entry.executionId);
    const verdict = decision.allowed ? 'allowed' : 'denied';
    this.#all[verdict] += 1;
    const kindTally = keep(this.#kinds, kind, () => ({ allowed: 0, denied: 0 }));
    const pluginTally = keep(this.#plugins, entry.pluginId, () => ({ allowed: 0, denied: 0 }));
    const seen = keep(this.#targets, `${kind} ${target}`, () => {
      return { kind, target, allowed: 0, denied: 0, reasons: new Map<string, number>() };
    });
    for (const tally of [kindTally, pluginTally, seen]) if (tally !== undefined) tally[verdict] += 1;
    if (seen === undefined || decision.allowed) return;
    seen.reasons.set(decision.reason, (seen.reasons.get(decision.reason) ?? 0) + 1);
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
}

/** What is kept under a name, made where it is new. `undefined` where there is room for no further name. */
function keep<Kept>(all: Map<string, Kept>, name: string, make: () => Kept): Kept | undefined {
  const known = all.get(name);
  if (known !== undefined || all.size >= MAX_NAMES) return known;
  const made = make();
  all.set(name, made);
  return made;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    for (const part of await partsOf(file)) {
      yield* splitLines(createReadStream(part, { encoding: 'utf8', highWaterMark: CHUNK }));
    }
  } catch (error) {
    throw createError('ERR_IO_FAILED', `the audit log ${file} cannot be read`, {
      cause: error,
      details: { file },
      hint: 'give the path that createAuditLog was given, as a user who may read it',
    });
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
  if (!(await stat(file)).isFile()) throw new Error('it is no regular file');
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
