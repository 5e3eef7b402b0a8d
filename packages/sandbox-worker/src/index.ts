// The public names of this package, one by one.
export { workerSandbox } from './worker-sandbox.js';
export type { WorkerSandboxOptions } from './worker-sandbox.js';
