export { createCommandWall } from './fork/command-wall.js';
export type { CommandPlan, CommandWall, CommandWallOptions, WalledCommand } from './fork/command-wall.js';
export type { CommandView } from './fork/command-fence.js';
export type { CommandEnd } from './fork/command-process.js';
export { forkSandbox } from './fork/fork-sandbox.js';
export type { ForkSandboxOptions } from './fork/fork-options.js';
export { inProcessSandbox } from './in-process/in-process-sandbox.js';
