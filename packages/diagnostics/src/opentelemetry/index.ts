export { exportTrace } from './export-trace.js';
export type { ExportTraceOptions } from './export-trace.js';
