export { forkSandbox } from './fork/fork-sandbox.js';
export type { ForkSandboxOptions } from './fork/fork-sandbox.js';
export { inProcessSandbox } from './in-process/in-process-sandbox.js';
