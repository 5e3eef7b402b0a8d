import { channel } from 'node:diagnostics_channel';
import type { AnalyticsRecord, JsonObject, JsonValue } from '@kb-labs/contracts';
import type { Redactor } from '@kb-labs/redaction';
import type { ParsedAnalyticsOptions } from './analytics-options.js';
import { SinkLane } from './sink-lane.js';

/** The channel of `node:diagnostics_channel` on which every record is published, redacted, as it is tracked. */
export const ANALYTICS_CHANNEL = 'kb-labs:analytics';

/** Who a record is about, as the host knows it. */
interface RecordIdentity {
  readonly pluginId?: string | undefined;
  readonly executionId?: string | undefined;
  readonly traceId?: string | undefined;
}

/** What shall become a record. */
export interface RecordDraft {
  readonly source: AnalyticsRecord['source'];
  readonly identity: RecordIdentity;
  readonly name: string;
  readonly attributes: unknown;
  /** Default: now. */
  readonly time?: number;
  /** What was left out before. */
  readonly cut?: number;
  readonly redactor?: Redactor;
}

/** Why something became no record. */
export type Refusal = 'closed' | 'name' | 'guest-names' | 'guest-records';

const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const MEMORY = 1024;

/** Makes records and hands each to every lane and to the channel. Never throws. */
export class Recorder {
  readonly lanes: readonly SinkLane[];
  readonly refused: Record<Refusal, number> = { closed: 0, name: 0, 'guest-names': 0, 'guest-records': 0 };
  readonly #now: () => number;
  readonly #redactor: Redactor;
  readonly #channel = channel(ANALYTICS_CHANNEL);
  readonly #goodNames = new Set<string>();
  #seq = 0;
  #cut = 0;
  #closed = false;

  constructor({ sinks, now, queue, batch, redactor }: ParsedAnalyticsOptions) {
    this.#now = now;
    this.#redactor = redactor;
    const { maxRecords: batchSize, intervalMs, writeTimeoutMs } = batch;
    const redact = (text: string): string => String(this.#redactor(text).value);
    this.lanes = sinks.map((sink) => new SinkLane(sink, { queue, batchSize, intervalMs, writeTimeoutMs, redact }));
  }

  get records(): number {
    return this.#seq;
  }

  /** What was left out of all records. */
  get cut(): number {
    return this.#cut;
  }

  close(): void {
    this.#closed = true;
  }

  /** Copies and redacts at once: whoever tracks may change its object afterwards, and no secret waits in a queue. */
  record(draft: RecordDraft): void {
    if (this.#closed) return this.refuse('closed');
    if (!this.#isName(draft.name)) return this.refuse('name');
    const { value, cut, length } = (draft.redactor ?? this.#redactor)(draft.attributes);
    const lost = (draft.cut ?? 0) + cut + (isObject(value) ? 0 : Number(draft.attributes !== undefined));
    const { pluginId, executionId, traceId } = draft.identity;
    const record: AnalyticsRecord = Object.freeze({
      seq: this.#seq++,
      time: draft.time ?? this.#now(),
      name: draft.name,
      source: draft.source,
      pluginId,
      executionId,
      traceId,
      attributes: isObject(value) ? value : Object.freeze({}),
      cut: lost,
    });
    this.#cut += lost;
    for (const lane of this.lanes) lane.offer({ record, length: length + record.name.length });
    if (this.#channel.hasSubscribers) this.#channel.publish(record);
  }

  refuse(why: Refusal): void {
    this.refused[why] += 1;
  }

  /** A name is sent as well, so it must not be a secret. */
  #isName(name: unknown): boolean {
    if (typeof name !== 'string' || !NAME.test(name)) return false;
    if (this.#goodNames.has(name)) return true;
    if (this.#redactor(name).value !== name) return false;
    if (this.#goodNames.size >= MEMORY) this.#goodNames.clear();
    this.#goodNames.add(name);
    return true;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
