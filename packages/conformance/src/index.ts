// The public names of this package, one by one. What an adapter claims can be attacked without vitest: see `./claims`.
export { describeSandboxAdapter } from './describe-sandbox-adapter.js';
export type { DescribeSandboxAdapterOptions } from './describe-sandbox-adapter.js';
