import quickjsNg from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSSyncVariant } from 'quickjs-emscripten-core';
import type { BundledModule } from '../thread-facts.js';

/** Of the thread's 16 MiB: beyond it the guest gets a RangeError of its own, well before the thread would. */
const MAX_STACK_BYTES = 400_000;

/** What a machine is made of. */
export interface MachineOptions {
  readonly wasm: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly prelude: string;
  /** Whether the guest is to stop where it is. Called every few thousand steps, in a regular expression too. Must not throw. */
  readonly mayInterrupt: () => boolean;
  /** A whole frame of the guest: a view of the guest's memory, which is valid during the call alone. Must not throw. */
  readonly onFrame: (bytes: Uint8Array) => void;
  /** Something went wrong on this side of a call of the guest: no room for the frame, or no stack left. */
  readonly onBroken: (error: unknown) => void;
}

/** One QuickJS. Bytes go in and out; no value, function or error of this realm does. Whatever it throws, it is not to be used again. */
export interface Machine {
  receive(bytes: Uint8Array): void;
  provide(module: BundledModule): void;
  ringTimer(): void;
  /** Runs what is pending, to the end. */
  runJobs(): void;
  /** Milliseconds until a timer is due, or a negative number. */
  delay(): number;
}

/** Makes a QuickJS in this memory and runs the prelude in it. */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { runtime, context } = await bootContext(options);
  const guest = takeGlobal(context, 'kbGuest');
  const member = (name: string): QuickJSHandle => context.getProp(guest, name);
  const [receive, ring, delay, provide, refuse, fail] = ['receive', 'ring', 'delay', 'provide', 'refuse', 'fail'].map(
    member,
  );

  const call = (target: QuickJSHandle | undefined, ...args: readonly QuickJSHandle[]): void => {
    if (target === undefined) return;
    const result = context.callFunction(target, context.undefined, ...args);
    // What the guest's own side does not catch is the plugin's doing, and is told as such.
    if (result.error !== undefined)
      context.callFunction(fail ?? context.undefined, context.undefined, result.error).dispose();
    result.dispose();
  };
  return {
    receive(bytes) {
      using buffer = context.newArrayBuffer(wholeBuffer(bytes));
      call(receive, buffer);
    },
    provide({ name, source }) {
      using result = context.evalCode(source, name, { type: 'module' });
      if (result.error === undefined) call(provide, result.value);
      else call(refuse, result.error);
    },
    ringTimer: () => call(ring),
    runJobs() {
      for (;;) {
        using result = runtime.executePendingJobs();
        // A guest that was interrupted is not asked again: it would go on until the next time.
        if (result.error === undefined || options.mayInterrupt()) return;
        call(fail, result.error);
      }
    },
    delay() {
      using result = context.callFunction(delay ?? context.undefined, context.undefined);
      return result.error === undefined ? context.getNumber(result.value) : -1;
    },
  };
}

interface BootedContext {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
}

async function bootContext(options: MachineOptions): Promise<BootedContext> {
  const { wasm, memory, prelude, mayInterrupt, onFrame, onBroken } = options;
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(syncVariant(quickjsNg), { wasmModule: wasm, wasmMemory: memory }),
  );
  const runtime = quickjs.newRuntime({ interruptHandler: mayInterrupt, maxStackSizeBytes: MAX_STACK_BYTES });
  const context = runtime.newContext();
  using send = context.newFunction('send', (buffer) => {
    try {
      if (buffer !== undefined) context.getArrayBuffer(buffer).consume(({ value }) => onFrame(value));
    } catch (error) {
      // What is thrown from here would be told to the guest as an error of its own.
      onBroken(error);
    }
  });
  context.setProp(context.global, 'kbSend', send);
  context.unwrapResult(context.evalCode(prelude, 'prelude.js')).dispose();
  return { runtime, context };
}

/** The types of the package are those of its CommonJS form, which has another level. */
function syncVariant(imported: object): QuickJSSyncVariant {
  if (!('type' in imported) || imported.type !== 'sync') throw new TypeError('this QuickJS is no synchronous one');
  return imported as unknown as QuickJSSyncVariant;
}

function takeGlobal(context: QuickJSContext, name: string): QuickJSHandle {
  const value = context.getProp(context.global, name);
  context.unwrapResult(context.evalCode(`delete globalThis.${name}`)).dispose();
  return value;
}

function wholeBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBufferLike {
  return byteOffset === 0 && byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength);
}
