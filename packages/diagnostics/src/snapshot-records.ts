import type { ExecuteResult, ExecutionEvent, HostCallOutcome } from '@kb-labs/contracts';
import type { SnapshotEncoder } from './snapshot-encode.js';
import { ENV_CALL } from './snapshot.js';

type EventOf<Type extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: Type }>;

/** A host call, as it stands in a snapshot. */
export function callRecord(event: EventOf<'host-call'>, encoder: SnapshotEncoder): object {
  const { call, name, args, callSpanId, startTime, ms, outcome } = event;
  return {
    call,
    name: encoder.mask(name),
    args: args.map((argument) => encoder.encode(argument)),
    spanId: callSpanId,
    startTime,
    ms,
    outcome: name === ENV_CALL && outcome.ok ? { ok: true, value: { $: 'env' } } : outcomeRecord(outcome, encoder),
  };
}

/** What a guest said. */
export function logRecord({ log }: EventOf<'log'>, encoder: SnapshotEncoder): object {
  const { time, level, source, text, fields } = log;
  return { time, level, source, text: encoder.mask(text), fields: encoder.encode({ ...fields }) };
}

/** How a run failed. */
export function failureRecord({ error }: Extract<ExecuteResult, { ok: false }>, encoder: SnapshotEncoder): object {
  const { code, message, stage } = error;
  return { ok: false, code, message: encoder.mask(message), stage, error: encoder.facts(error) };
}

function outcomeRecord(outcome: HostCallOutcome, encoder: SnapshotEncoder): object {
  if (outcome.ok) return { ok: true, value: encoder.encode(outcome.value) };
  const { code, message, hint, details } = outcome.error;
  const told = hint === undefined ? undefined : encoder.mask(hint);
  return { ok: false, code, message: encoder.mask(message), hint: told, details: encoder.encode({ ...details }) };
}
