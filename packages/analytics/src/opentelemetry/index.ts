export { openTelemetrySink } from './open-telemetry-sink.js';
export type { OpenTelemetrySinkOptions } from './open-telemetry-sink.js';
