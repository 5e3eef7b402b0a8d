// For the side of a guest that Node runs, beside `@kb-labs/sandbox/wire`: the same names as `forkSandbox` uses in its own guests.
export { captureConsole, captureStreams } from './capture-output.js';
export { loadPluginModule } from './load-module.js';
export { refusal, refuse } from './refuse.js';
export { requireModule } from './require-module.js';
