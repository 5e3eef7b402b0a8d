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
  Record<MeteredQuotaName | 'cpuMs' | 'memoryMb' | 'queueTimeoutMs' | 'startTimeoutMs' | 'maxOutputBytes', Measured>
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
  return unusedOf((name) => limits[name]);
}

function unusedOf(limitOf: (name: QuotaName) => number | undefined): UnusedQuotas {
  const unused = (name: QuotaName): Measured => measured(0, limitOf(name));
  return Object.freeze({
    maxHostCalls: unused('maxHostCalls'),
    maxBytesRead: unused('maxBytesRead'),
    maxBytesWritten: unused('maxBytesWritten'),
    maxEntriesRead: unused('maxEntriesRead'),
    maxEntriesWritten: unused('maxEntriesWritten'),
    maxFetches: unused('maxFetches'),
    maxBytesFetched: unused('maxBytesFetched'),
    maxBytesSent: unused('maxBytesSent'),
    maxArtifacts: unused('maxArtifacts'),
    maxArtifactBytes: unused('maxArtifactBytes'),
    maxEvents: unused('maxEvents'),
    maxInvokes: unused('maxInvokes'),
    maxCommands: unused('maxCommands'),
    queueTimeoutMs: unused('queueTimeoutMs'),
    startTimeoutMs: unused('startTimeoutMs'),
    maxOutputBytes: unused('maxOutputBytes'),
    cpuMs: measured(undefined, limitOf('cpuMs')),
    memoryMb: measured(undefined, inBytes(limitOf('memoryMb'))),
  });
}

const BYTES_PER_MB = 1024 * 1024;

/** Each use beside its limit. What never ran, or what the adapter cannot tell, is `undefined`. */
export function closeReceipt(receipt: Receipt, now: number): ExecutionMetrics {
  const { authority, usage } = receipt;
  const limits = authority?.limits;
  const counted = countedBy(authority);
  return Object.freeze({
    wallMs: measured(receipt.wallMs, limits?.timeoutMs),
    totalMs: now - receipt.startedAt,
    queueMs: orNew(counted.queueTimeoutMs, stageMs(receipt, 'queue'), limits?.queueTimeoutMs),
    startMs: orNew(counted.startTimeoutMs, stageMs(receipt, 'sandbox'), limits?.startTimeoutMs),
    cpuMs: orNew(counted.cpuMs, usage?.cpuMs, limits?.cpuMs),
    peakMemoryBytes: orNew(counted.memoryMb, usage?.peakMemoryBytes, inBytes(limits?.memoryMb)),
    hostCalls: counted.maxHostCalls,
    hostCallsByName: receipt.hostCallsByName === NONE ? NONE : Object.freeze({ ...receipt.hostCallsByName }),
    denials: receipt.denials,
    bytesRead: counted.maxBytesRead,
    bytesWritten: counted.maxBytesWritten,
    entriesRead: counted.maxEntriesRead,
    entriesWritten: counted.maxEntriesWritten,
    fetches: counted.maxFetches,
    bytesFetched: counted.maxBytesFetched,
    bytesSent: counted.maxBytesSent,
    artifacts: counted.maxArtifacts,
    artifactBytes: counted.maxArtifactBytes,
    events: counted.maxEvents,
    invokes: counted.maxInvokes,
    commands: counted.maxCommands,
    outputBytes: orNew(counted.maxOutputBytes, usage?.outputBytes, limits?.maxOutputBytes),
    resultBytes: measured(usage?.resultBytes, limits?.maxResultBytes),
    leaked: usage === undefined || usage.leaked.length === 0 ? NOTHING : Object.freeze([...usage.leaked]),
    coldStart: receipt.coldStart,
    stages: Object.freeze(receipt.stages),
  });
}

function measured(used: number | undefined, limit: number | undefined): Measured {
  return Object.freeze({ used, limit });
}

/** What is known, where nothing else was used. */
function orNew(known: Measured, used: number | undefined, limit: number | undefined): Measured {
  return known.used === used ? known : measured(used, limit);
}

function inBytes(megabytes: number | undefined): number | undefined {
  return megabytes === undefined ? undefined : megabytes * BYTES_PER_MB;
}

/** What was counted call by call; what the meter does not count stands there unused. */
function countedBy(authority: MeasuredAuthority | undefined): UnusedQuotas {
  if (authority === undefined) return UNLIMITED;
  const { meterInUse: meter, unused } = authority;
  if (meter === undefined) return unused;
  const counted = (name: MeteredQuotaName): Measured => {
    const used = meter.used(name);
    return used === 0 ? unused[name] : measured(used, unused[name].limit);
  };
  return {
    ...unused,
    maxHostCalls: counted('maxHostCalls'),
    maxBytesRead: counted('maxBytesRead'),
    maxBytesWritten: counted('maxBytesWritten'),
    maxEntriesRead: counted('maxEntriesRead'),
    maxEntriesWritten: counted('maxEntriesWritten'),
    maxFetches: counted('maxFetches'),
    maxBytesFetched: counted('maxBytesFetched'),
    maxBytesSent: counted('maxBytesSent'),
    maxArtifacts: counted('maxArtifacts'),
    maxArtifactBytes: counted('maxArtifactBytes'),
    maxEvents: counted('maxEvents'),
    maxInvokes: counted('maxInvokes'),
    maxCommands: counted('maxCommands'),
  };
}

function stageMs({ stages }: Receipt, stage: StageName): number | undefined {
  for (const entry of stages) if (entry.stage === stage) return entry.ms;
  return undefined;
}

const UNLIMITED = unusedOf(() => undefined);

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
