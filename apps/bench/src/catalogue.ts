import type { Bench } from './bench.js';

/** All benches, in the order in which they run. Each is loaded only in the process that runs it, so that none warms another. */
export const catalogue: Readonly<Record<string, () => Promise<Bench>>> = {
  'fresh-process': async () => (await import('./benches/fresh-process.js')).freshProcess,
  'fresh-process-wall': async () => (await import('./benches/fresh-process-wall.js')).freshProcessWall,
  cold: async () => (await import('./benches/cold.js')).cold,
  'fresh-throughput': async () => (await import('./benches/fresh-throughput.js')).freshThroughput,
  'host-loop': async () => (await import('./benches/host-loop.js')).hostLoop,
  warm: async () => (await import('./benches/warm.js')).warm,
  'warm-parallel': async () => (await import('./benches/warm-parallel.js')).warmParallel,
  'host-calls': async () => (await import('./benches/host-calls.js')).hostCalls,
  'payload-1mb': async () => (await import('./benches/payload-1mb.js')).payload,
  'event-publish': async () => (await import('./benches/event-publish.js')).eventPublish,
  'artifact-small': async () => (await import('./benches/artifact-small.js')).artifactSmall,
  'artifact-100mb': async () => (await import('./benches/artifact-100mb.js')).artifact100mb,
  'analytics-lines': async () => (await import('./benches/analytics-lines.js')).analyticsLines,
  'audit-lines': async () => (await import('./benches/audit-lines.js')).auditLines,
  import: async () => (await import('./benches/import.js')).importFacade,
  memory: async () => (await import('./benches/memory.js')).memory,
  breakdown: async () => (await import('./benches/breakdown.js')).breakdown,
  'scale-rules': async () => (await import('./benches/scale-rules.js')).scaleRules,
  'scale-plugins': async () => (await import('./benches/scale-plugins.js')).scalePlugins,
  'scale-concurrency': async () => (await import('./benches/scale-concurrency.js')).scaleConcurrency,
  'scale-payload': async () => (await import('./benches/scale-payload.js')).scalePayload,
  'scale-run-length': async () => (await import('./benches/scale-run-length.js')).scaleRunLength,
};
