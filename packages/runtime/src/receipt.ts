import type {
  EffectiveQuotas,
  ExecutionMetrics,
  Measured,
  MeteredQuotaName,
  QuotaMeter,
  QuotaName,
  SandboxUsage,
  StageName,
} from '@kb-labs/contracts';

/** One stage and its time. */
export interface StageTime {
  readonly stage: StageName;
  readonly ms: number;
}

/** What one execution has measured so far. Filled in by the stages, read once at the end. */
export interface Receipt {
  readonly startedAt: number;
  readonly stages: StageTime[];
  authority: MeasuredAuthority | undefined;
  usage: SandboxUsage | undefined;
  wallMs: number | undefined;
  hostCallsByName: Readonly<Record<string, number>>;
  denials: number;
  coldStart: boolean | undefined;
}

/** The limits of an execution, and what counted its use of them. */
interface MeasuredAuthority {
  readonly limits: EffectiveQuotas;
  readonly unused: UnusedQuotas;
  readonly meterInUse: QuotaMeter | undefined;
}

/** Nothing of each quota that is counted call by call, beside its limit: the same objects for all runs of a handler that used none. */
export type UnusedQuotas = Readonly<
  Record<MeteredQuotaName | 'cpuMs' | 'memoryMb' | 'queueTimeoutMs' | 'maxOutputBytes', Measured>
>;

/** An empty receipt. `startedAt` is monotonic. */
export function openReceipt(startedAt: number): Receipt {
  return {
    startedAt,
    stages: [],
    authority: undefined,
    usage: undefined,
    wallMs: undefined,
    hostCallsByName: NONE,
    denials: 0,
    coldStart: undefined,
  };
}

const NONE: Readonly<Record<string, number>> = Object.freeze({});
const NOTHING: readonly string[] = Object.freeze([]);

/** What a run shows that has used nothing. */
export function unusedQuotas(limits: EffectiveQuotas): UnusedQuotas {
  const unused = (limit: number, used: number | undefined = 0): Measured => Object.freeze({ used, limit });
  return Object.freeze({
    maxHostCalls: unused(limits.maxHostCalls),
    maxBytesRead: unused(limits.maxBytesRead),
    maxBytesWritten: unused(limits.maxBytesWritten),
    maxEntriesRead: unused(limits.maxEntriesRead),
    maxEntriesWritten: unused(limits.maxEntriesWritten),
    maxFetches: unused(limits.maxFetches),
    maxBytesFetched: unused(limits.maxBytesFetched),
    maxBytesSent: unused(limits.maxBytesSent),
    maxArtifacts: unused(limits.maxArtifacts),
    maxArtifactBytes: unused(limits.maxArtifactBytes),
    maxEvents: unused(limits.maxEvents),
    maxInvokes: unused(limits.maxInvokes),
    maxCommands: unused(limits.maxCommands),
    queueTimeoutMs: unused(limits.queueTimeoutMs),
    maxOutputBytes: unused(limits.maxOutputBytes),
    cpuMs: unused(limits.cpuMs, undefined),
    memoryMb: unused(limits.memoryMb * BYTES_PER_MB, undefined),
  });
}

const BYTES_PER_MB = 1024 * 1024;

/** Each use beside its limit. What never ran, or what the adapter cannot tell, is `undefined`. */
export function closeReceipt(receipt: Receipt, now: number): ExecutionMetrics {
  const { authority, usage } = receipt;
  const limits = authority?.limits;
  const unused = authority?.unused;
  const meter = authority?.meterInUse;

  function measured(used: number | undefined, limit: QuotaName, factor = 1): Measured {
    return Object.freeze({ used, limit: limits === undefined ? undefined : limits[limit] * factor });
  }
  function shared(used: number | undefined, limit: keyof UnusedQuotas, factor = 1): Measured {
    const known = unused?.[limit];
    return known !== undefined && known.used === used ? known : measured(used, limit, factor);
  }
  function counted(name: MeteredQuotaName): Measured {
    return shared(meter === undefined ? 0 : meter.used(name), name);
  }

  return Object.freeze({
    wallMs: measured(receipt.wallMs, 'timeoutMs'),
    totalMs: now - receipt.startedAt,
    queueMs: shared(stageMs(receipt, 'queue'), 'queueTimeoutMs'),
    startMs: measured(stageMs(receipt, 'sandbox'), 'startTimeoutMs'),
    cpuMs: shared(usage?.cpuMs, 'cpuMs'),
    peakMemoryBytes: shared(usage?.peakMemoryBytes, 'memoryMb', BYTES_PER_MB),
    hostCalls: counted('maxHostCalls'),
    hostCallsByName: receipt.hostCallsByName === NONE ? NONE : Object.freeze({ ...receipt.hostCallsByName }),
    denials: receipt.denials,
    bytesRead: counted('maxBytesRead'),
    bytesWritten: counted('maxBytesWritten'),
    entriesRead: counted('maxEntriesRead'),
    entriesWritten: counted('maxEntriesWritten'),
    fetches: counted('maxFetches'),
    bytesFetched: counted('maxBytesFetched'),
    bytesSent: counted('maxBytesSent'),
    artifacts: counted('maxArtifacts'),
    artifactBytes: counted('maxArtifactBytes'),
    events: counted('maxEvents'),
    invokes: counted('maxInvokes'),
    commands: counted('maxCommands'),
    outputBytes: shared(usage?.outputBytes, 'maxOutputBytes'),
    resultBytes: measured(usage?.resultBytes, 'maxResultBytes'),
    leaked: usage === undefined || usage.leaked.length === 0 ? NOTHING : Object.freeze([...usage.leaked]),
    coldStart: receipt.coldStart,
    stages: Object.freeze(receipt.stages),
  });
}

function stageMs(receipt: Receipt, stage: StageName): number | undefined {
  return receipt.stages.find((entry) => entry.stage === stage)?.ms;
}

const timeless = (stage: StageName): StageTime => Object.freeze({ stage, ms: 0 });

/** Stages whose answer was known: they take no time. */
export const KNOWN_STAGES: Readonly<Record<StageName, StageTime>> = {
  prepare: timeless('prepare'),
  permissions: timeless('permissions'),
  capabilities: timeless('capabilities'),
  queue: timeless('queue'),
  sandbox: timeless('sandbox'),
  input: timeless('input'),
  handler: timeless('handler'),
  output: timeless('output'),
  artifacts: timeless('artifacts'),
};
