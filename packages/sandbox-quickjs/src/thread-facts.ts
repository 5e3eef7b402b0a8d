/** What the thread of an interpreter is started with. */
export interface ThreadFacts {
  readonly ledger: SharedArrayBuffer;
  /** QuickJS, compiled. Code alone: each thread makes an instance and a memory of its own. */
  readonly wasm: WebAssembly.Module;
  /** The script that runs in QuickJS before the plugin does. */
  readonly prelude: string;
  readonly maxMemoryBytes: number;
  readonly cpuMs: number;
  /** How long the thread lets a guest run before it stops it without having been told to. */
  readonly deadlineMs: number;
  readonly maxFrameBytes: number;
}

/** What a thread says that is no frame of its guest. */
export interface ThreadWord {
  readonly ended: ThreadEnd;
  readonly text: string;
}

/** Why a thread has ended its guest. */
export type ThreadEnd = 'cpu' | 'crashed' | 'memory' | 'protocol' | 'stack' | 'stopped' | 'time';

/** The plugin's code as one module, and its name in stacks. */
export interface BundledModule {
  readonly name: string;
  readonly source: string;
}

/** Bytes of an interpreter before it has run anything: no quota can be smaller. */
export const EMPTY_MEMORY_BYTES = 16_777_216;
/** What QuickJS and the prelude hold of the memory; it comes on top of the quota. */
export const OWN_MEMORY_BYTES = 4_194_304;
