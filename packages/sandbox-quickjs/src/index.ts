export { quickjsSandbox } from './quickjs-sandbox.js';
export type { QuickjsSandboxOptions } from './quickjs-sandbox.js';
