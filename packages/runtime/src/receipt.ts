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

/** What one execution has measured so far. Filled in by the stages, read once at the end. */
export interface Receipt {
  readonly startedAt: number;
  readonly stages: { readonly stage: StageName; readonly ms: number }[];
  limits: EffectiveQuotas | undefined;
  meter: QuotaMeter | undefined;
  usage: SandboxUsage | undefined;
  wallMs: number | undefined;
  hostCallsByName: Readonly<Record<string, number>>;
  denials: number;
  coldStart: boolean | undefined;
}

/** An empty receipt. `startedAt` is monotonic. */
export function openReceipt(startedAt: number): Receipt {
  return {
    startedAt,
    stages: [],
    limits: undefined,
    meter: undefined,
    usage: undefined,
    wallMs: undefined,
    hostCallsByName: {},
    denials: 0,
    coldStart: undefined,
  };
}

/** Each use beside its limit. What never ran, or what the adapter cannot tell, is `undefined`. */
export function closeReceipt(receipt: Receipt, now: number): ExecutionMetrics {
  const { limits, usage } = receipt;

  function measured(used: number | undefined, limit: QuotaName, factor = 1): Measured {
    return Object.freeze({ used, limit: limits === undefined ? undefined : limits[limit] * factor });
  }
  function counted(name: MeteredQuotaName): Measured {
    return measured(receipt.meter?.used(name) ?? 0, name);
  }

  return Object.freeze({
    wallMs: measured(receipt.wallMs, 'timeoutMs'),
    totalMs: now - receipt.startedAt,
    queueMs: measured(stageMs(receipt, 'queue'), 'queueTimeoutMs'),
    startMs: measured(stageMs(receipt, 'sandbox'), 'startTimeoutMs'),
    cpuMs: measured(usage?.cpuMs, 'cpuMs'),
    peakMemoryBytes: measured(usage?.peakMemoryBytes, 'memoryMb', 1024 * 1024),
    hostCalls: counted('maxHostCalls'),
    hostCallsByName: Object.freeze({ ...receipt.hostCallsByName }),
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
    outputBytes: measured(usage?.outputBytes, 'maxOutputBytes'),
    resultBytes: measured(usage?.resultBytes, 'maxResultBytes'),
    leaked: Object.freeze([...(usage?.leaked ?? [])]),
    coldStart: receipt.coldStart,
    stages: Object.freeze([...receipt.stages]),
  });
}

function stageMs(receipt: Receipt, stage: StageName): number | undefined {
  return receipt.stages.find((entry) => entry.stage === stage)?.ms;
}
