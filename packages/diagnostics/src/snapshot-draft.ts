import type { ExecutionEvent, JsonValue } from '@kb-labs/contracts';
import type { Masker } from '@kb-labs/redaction';
import { SnapshotEncoder } from './snapshot-encode.js';
import { SnapshotExchange } from './snapshot-exchange.js';
import { callRecord, failureRecord, logRecord } from './snapshot-records.js';
import { SnapshotRoom } from './snapshot-room.js';
import { isDeepFrozen } from './deep-frozen.js';
import { escapeObeyed } from './snapshot-text.js';
import { SNAPSHOT_FORMAT } from './snapshot.js';

/** How much of a run is kept. */
export interface DraftLimits {
  readonly maxBodyBytes: number;
  /**
   * Bytes of the bodies, and characters of all else. Also how much is looked at of all records together, and of each value that a run has once: so
   * the time it takes does not depend on how much the guest sends.
   */
  readonly maxBytes: number;
  /** Objects that were found to be frozen, with all that is in them. */
  readonly frozen: WeakSet<object>;
}

/** What is to be written: the text of the snapshot, and the bodies beside it. */
export interface FinishedSnapshot {
  readonly id: string;
  readonly text: string;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

type Started = Extract<ExecutionEvent, { type: 'execution-start' }>;
type EventOf<Type extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: Type }>;

/** Facts as they stand in the snapshot, once it is written. */
type LazyFacts = () => JsonValue | undefined;

const NO_FACTS: LazyFacts = () => undefined;

/** The lists of a snapshot, in its order. */
const LISTS = ['calls', 'stages', 'denials', 'operations', 'artifacts', 'logs', 'progress'] as const;
type ListName = (typeof LISTS)[number];

/** One run as it is taken down. Each event is written out at once: its values are copied, and what is held of them is only compared, or frozen. */
export class SnapshotDraft {
  /** Writes the records, of which there may be any number. */
  readonly #encoder: SnapshotEncoder;
  /** Writes what a run has once. */
  readonly #once: SnapshotEncoder;
  readonly #limits: DraftLimits;
  readonly #head: readonly string[];
  readonly #exchange: SnapshotExchange;
  readonly #room: SnapshotRoom;
  readonly #startTime: number;
  readonly #lists: Readonly<Record<ListName, string[]>> = {
    calls: [],
    stages: [],
    denials: [],
    operations: [],
    artifacts: [],
    logs: [],
    progress: [],
  };
  readonly #bodies = new Map<string, Uint8Array>();
  #authority: LazyFacts = NO_FACTS;
  #confinement: LazyFacts = NO_FACTS;

  constructor(start: Started, masker: Masker, limits: DraftLimits) {
    this.#limits = limits;
    this.#room = new SnapshotRoom(limits.maxBytes);
    const { maxBodyBytes, maxBytes: maxWork } = limits;
    const keep = (hash: string, bytes: Uint8Array): void => this.#keep(hash, bytes);
    this.#encoder = new SnapshotEncoder({ masker, maxBodyBytes, keep, maxWork });
    this.#once = new SnapshotEncoder({ masker, maxBodyBytes, keep, maxWork });
    const { executionId, traceId, spanId, parentSpanId, pluginId } = start;
    this.#startTime = start.time;
    this.#exchange = new SnapshotExchange(start.input, this.#once, this.#room);
    const handler = JSON.stringify(this.#tell((once) => once.mask(start.handler)));
    this.#head = [
      member('stamp', { executionId, traceId, spanId, parentSpanId, pluginId }),
      `"request":{"handler":${handler},"input":${this.#exchange.requested}}`,
    ];
  }

  add(event: ExecutionEvent): void {
    switch (event.type) {
      case 'authorised':
        this.#authority = this.#facts(event.authority, event.authority);
        return;
      case 'confined':
        this.#confinement = this.#facts(event.confinement, { ...event.confinement, coldStart: event.coldStart });
        return;
      case 'handler-input':
        return this.#exchange.setHandlerInput(event.input);
      case 'handler-output':
        return this.#exchange.setHandlerOutput(event.output);
      case 'host-call':
        return this.#record('calls', (encoder) => callRecord(event, encoder));
      case 'stage-end':
        return this.#push('stages', { stage: event.stage, ms: event.ms, code: event.code });
      case 'audit':
        if (event.audit.decision.allowed) return undefined;
        return this.#record('denials', (encoder) => encoder.facts(event.audit));
      case 'operation':
        return this.#record('operations', (encoder) => encoder.facts(event.operation));
      case 'artifact':
        // Where it lies is the host's affair.
        return this.#record('artifacts', (encoder) => encoder.facts({ ...event.artifact, location: undefined }));
      case 'log':
        return this.#record('logs', (encoder) => logRecord(event, encoder));
      case 'progress':
        return this.#record('progress', (encoder) =>
          encoder.facts({ message: event.message, fraction: event.fraction }),
        );
      case 'execution-start':
      case 'stage-start':
      case 'execution-end':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  finish(id: string, { time, result }: EventOf<'execution-end'>): FinishedSnapshot {
    const { data, handled } = this.#exchange.finish(result);
    const outcome = result.ok
      ? `{"ok":true,"data":${data}}`
      : JSON.stringify(this.#tell((once) => failureRecord(result, once)));
    const lists = LISTS.map((name) => `"${name}":${joinLines(this.#lists[name])}`);
    const text = [
      member('format', SNAPSHOT_FORMAT),
      member('id', id),
      member('startTime', this.#startTime),
      member('endTime', time),
      ...this.#head,
      member('authority', this.#authority() ?? null),
      member('confinement', this.#confinement() ?? null),
      ...lists,
      `"handled":${handled}`,
      `"result":${outcome}`,
      member(
        'metrics',
        this.#tell((once) => once.facts(result.metrics)),
      ),
      member('masked', this.#encoder.masked + this.#once.masked),
      member('cut', this.#room.cut),
      member('maxBodyBytes', this.#limits.maxBodyBytes),
      member('bodies', Object.fromEntries([...this.#bodies].map(([hash, bytes]) => [hash, bytes.length]))),
    ].join(',\n');
    return { id, text: `{${escapeObeyed(text)}}\n`, bodies: this.#bodies };
  }

  #tell<Written>(write: (once: SnapshotEncoder) => Written): Written {
    this.#once.work.renew();
    const written = write(this.#once);
    if (this.#once.work.isShort) this.#room.cut += 1;
    return written;
  }

  /** Written now where what they come from can still change. Most runs leave no snapshot, and have it not written at all. */
  #facts(source: object, facts: object): LazyFacts {
    if (isDeepFrozen(source, this.#limits.frozen)) return () => this.#tell((once) => once.facts(facts));
    const written = this.#tell((once) => once.facts(facts));
    return () => written;
  }

  #record(list: ListName, write: (encoder: SnapshotEncoder) => unknown): void {
    const record = this.#encoder.work.begin() ? write(this.#encoder) : undefined;
    if (this.#encoder.work.isShort) this.#room.cut += 1;
    else this.#push(list, record);
  }

  #push(list: ListName, record: unknown): void {
    const text = JSON.stringify(record);
    if (this.#room.take(text.length)) this.#lists[list].push(text);
  }

  #keep(sha256: string, bytes: Uint8Array): void {
    if (this.#bodies.has(sha256) || !this.#room.take(bytes.length)) return;
    // What was masked is a copy already; what was not may change while it waits.
    this.#bodies.set(sha256, Uint8Array.from(bytes));
  }
}

function member(name: string, value: unknown): string {
  return `"${name}":${JSON.stringify(value)}`;
}

function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`;
}
