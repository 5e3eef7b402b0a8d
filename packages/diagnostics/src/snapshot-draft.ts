import type { ExecuteResult, ExecutionEvent, HostCallOutcome, JsonValue } from '@kb-labs/contracts';
import type { Masker } from '@kb-labs/redaction';
import { SnapshotEncoder } from './snapshot-encode.js';
import { SnapshotExchange } from './snapshot-exchange.js';
import { SnapshotRoom } from './snapshot-room.js';
import { ENV_CALL, SNAPSHOT_FORMAT } from './snapshot.js';

/** How much of a run is kept. */
export interface DraftLimits {
  readonly maxBodyBytes: number;
  /** Bytes of the bodies, and characters of all else. */
  readonly maxBytes: number;
}

/** What is to be written: the text of the snapshot, and the bodies beside it. */
export interface FinishedSnapshot {
  readonly id: string;
  readonly text: string;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

type Started = Extract<ExecutionEvent, { type: 'execution-start' }>;
type EventOf<Type extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: Type }>;

/** The lists of a snapshot, in its order. */
const LISTS = ['calls', 'stages', 'denials', 'operations', 'artifacts', 'logs', 'progress'] as const;
type ListName = (typeof LISTS)[number];

/** One run as it is taken down. Each event is written out at once: its values are copied, and what is held of them is only compared. */
export class SnapshotDraft {
  readonly #encoder: SnapshotEncoder;
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
  #authority: JsonValue | undefined;
  #confinement: JsonValue | undefined;

  constructor(start: Started, masker: Masker, limits: DraftLimits) {
    this.#limits = limits;
    this.#room = new SnapshotRoom(limits.maxBytes);
    const { maxBodyBytes } = limits;
    this.#encoder = new SnapshotEncoder({ masker, maxBodyBytes, keep: (hash, bytes) => this.#keep(hash, bytes) });
    const { executionId, traceId, spanId, parentSpanId, pluginId } = start;
    this.#startTime = start.time;
    this.#exchange = new SnapshotExchange(start.input, this.#encoder, this.#room);
    const handler = JSON.stringify(this.#encoder.mask(start.handler));
    this.#head = [
      member('stamp', { executionId, traceId, spanId, parentSpanId, pluginId }),
      `"request":{"handler":${handler},"input":${this.#exchange.requested}}`,
    ];
  }

  add(event: ExecutionEvent): void {
    switch (event.type) {
      case 'authorised':
        this.#authority = this.#encoder.facts(event.authority);
        return;
      case 'confined':
        this.#confinement = this.#encoder.facts({ ...event.confinement, coldStart: event.coldStart });
        return;
      case 'handler-input':
        return this.#exchange.setHandlerInput(event.input);
      case 'handler-output':
        return this.#exchange.setHandlerOutput(event.output);
      case 'host-call':
        return this.#push('calls', this.#call(event));
      case 'stage-end':
        return this.#push('stages', { stage: event.stage, ms: event.ms, code: event.code });
      case 'audit':
        return event.audit.decision.allowed ? undefined : this.#push('denials', this.#encoder.facts(event.audit));
      case 'operation':
        return this.#push('operations', this.#encoder.facts(event.operation));
      case 'artifact':
        // Where it lies is the host's affair.
        return this.#push('artifacts', this.#encoder.facts({ ...event.artifact, location: undefined }));
      case 'log':
        return this.#push('logs', this.#log(event));
      case 'progress':
        return this.#push('progress', this.#encoder.facts({ message: event.message, fraction: event.fraction }));
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
    const outcome = result.ok ? `{"ok":true,"data":${data}}` : JSON.stringify(this.#failure(result));
    const lists = LISTS.map((name) => `"${name}":${joinLines(this.#lists[name])}`);
    const text = [
      member('format', SNAPSHOT_FORMAT),
      member('id', id),
      member('startTime', this.#startTime),
      member('endTime', time),
      ...this.#head,
      member('authority', this.#authority ?? null),
      member('confinement', this.#confinement ?? null),
      ...lists,
      `"handled":${handled}`,
      `"result":${outcome}`,
      member('metrics', this.#encoder.facts(result.metrics)),
      member('masked', this.#encoder.masked),
      member('cut', this.#room.cut),
      member('maxBodyBytes', this.#limits.maxBodyBytes),
      member('bodies', Object.fromEntries([...this.#bodies].map(([hash, bytes]) => [hash, bytes.length]))),
    ].join(',\n');
    return { id, text: `{${text}}\n`, bodies: this.#bodies };
  }

  #call({ call, name, args, callSpanId, startTime, ms, outcome }: EventOf<'host-call'>): unknown {
    return {
      call,
      name: this.#encoder.mask(name),
      args: args.map((argument) => this.#encoder.encode(argument)),
      spanId: callSpanId,
      startTime,
      ms,
      outcome: name === ENV_CALL && outcome.ok ? { ok: true, value: { $: 'env' } } : this.#outcome(outcome),
    };
  }

  #outcome(outcome: HostCallOutcome): unknown {
    if (outcome.ok) return { ok: true, value: this.#encoder.encode(outcome.value) };
    const { code, message, hint, details } = outcome.error;
    const told = hint === undefined ? undefined : this.#encoder.mask(hint);
    return {
      ok: false,
      code,
      message: this.#encoder.mask(message),
      hint: told,
      details: this.#encoder.encode({ ...details }),
    };
  }

  #log({ log }: EventOf<'log'>): unknown {
    const { time, level, source, text, fields } = log;
    return { time, level, source, text: this.#encoder.mask(text), fields: this.#encoder.encode({ ...fields }) };
  }

  #failure({ error }: Extract<ExecuteResult, { ok: false }>): object {
    const { code, message, stage } = error;
    return { ok: false, code, message: this.#encoder.mask(message), stage, error: this.#encoder.facts(error) };
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
