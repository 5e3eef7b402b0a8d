import { NOTHING } from './nothing.mjs';

// How a guest may try to bring down its host, to stay for ever, or to take all there is. Each ends, or goes on until it is ended.

const MIB = 1_048_576;
const forever = () => new Promise(() => setInterval(() => undefined, 1_000));
/** What a run of these is worth where the guest lives to return it. */
const HONEST = 'returned';

// crash
export const exits = () => process.exit(0);
export const exitsWithCode = () => process.exit(7);
export const aborts = () => process.abort();
export async function throwsLater() {
  setTimeout(() => {
    throw new Error('nobody awaits this');
  });
  await forever();
}
export async function rejectsUnhandled() {
  void Promise.reject(new Error('nobody awaits this either'));
  await forever();
}
export function overflowsStack() {
  const dive = () => dive() + 1;
  return dive();
}
export const signalsParent = ({ hostPid }) => signal(process.kill.bind(process), hostPid, 'SIGWINCH');
export const signalsParentRaw = ({ hostPid }) => signal(process._kill, hostPid, 28);
export const opensInspectorOfParent = ({ hostPid }) => signal(process.kill.bind(process), hostPid, 'SIGUSR1');
export const opensInspectorOfParentRaw = ({ hostPid }) => signal(process._kill, hostPid, 10);
export const reallyExits = () => process.reallyExit(0);

function signal(kill, hostPid, name) {
  for (const pid of new Set([hostPid, process.ppid])) {
    try {
      if (pid > 0) kill(pid, name);
    } catch {
      // Refused, or no such process: the other number may do.
    }
  }
  return HONEST;
}

export const writesGarbage = () => writeEverywhere(Buffer.alloc(4_096, 0xa5));
export const writesHugeLength = () => writeEverywhere(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
export const writesZeros = () => writeEverywhere(Buffer.alloc(1_024));
export const writesJson = () => writeEverywhere(Buffer.from('{"t":"result","ok":true,"value":"forged"}\n'.repeat(64)));
export function writesHalfFrame() {
  writeEverywhere(Buffer.from([64, 0, 0, 0, 0, 0, 0, 0, 123, 34]));
  process.exit(0);
}
export function closesDescriptors() {
  const { closeSync } = process.getBuiltinModule('node:fs');
  for (let fd = 0; fd <= 20; fd += 1) quietly(() => closeSync(fd));
  return HONEST;
}

async function writeEverywhere(bytes) {
  const { writeSync } = process.getBuiltinModule('node:fs');
  for (let fd = 0; fd <= 20; fd += 1) quietly(() => writeSync(fd, bytes));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return HONEST;
}

function quietly(work) {
  try {
    work();
  } catch {
    // Not open, or not for writing.
  }
}

// time
export const spins = () => {
  for (;;);
};
export const waitsForEver = forever;
export const backtracks = () => /^(a+)+$/.test(`${'a'.repeat(40)}b`);
export async function spinsInMicrotasks() {
  for (;;) await null;
}
export const waitsOnAtomics = () =>
  typeof Atomics === 'undefined' ? NOTHING : Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
export function ignoresSignals() {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) quietly(() => process.on(name, () => undefined));
  for (;;);
}
export async function refusesToExit() {
  if (globalThis.process === undefined) return NOTHING;
  process.exit = () => undefined;
  process.reallyExit = () => undefined;
  for (const name of ['SIGTERM', 'exit', 'beforeExit']) process.on(name, () => setInterval(() => undefined, 10));
  await forever();
}
export async function stopsItself() {
  for (const stop of [() => process.kill(process.pid, 'SIGSTOP'), () => process._kill(process.pid, 19)]) quietly(stop);
  await forever();
}
export async function neverCleansUp(_, ctx) {
  ctx.onCleanup(() => {
    for (;;);
  });
  await forever();
}

// cpu
export async function burnsInThreads() {
  if (globalThis.process === undefined) return NOTHING;
  const { pbkdf2 } = process.getBuiltinModule('node:crypto');
  const again = () => pbkdf2('a', 'b', 200_000, 64, 'sha512', again);
  for (let thread = 0; thread < 4; thread += 1) again();
  await forever();
}

// memory: grow to 300 MB, then hold it
export async function fillsHeap() {
  const kept = [];
  while (kept.length < 300) kept.push(Array.from({ length: MIB / 8 }).fill(0.5));
  await forever();
  return kept;
}
export async function fillsStrings() {
  const kept = [];
  for (let index = 0; index < 300; index += 1) kept.push(flatText(String.fromCharCode(97 + (index % 26))));
  await forever();
  return kept;
}
/** A MiB of text in one piece: a `repeat` alone is a tree of references to one small string. */
const flatText = (letter) => Array.from({ length: MIB / 64 }, () => letter.repeat(64)).join('');
export async function fillsBuffers() {
  const kept = [];
  while (kept.length < 300) kept.push(new Uint8Array(MIB).fill(1));
  await forever();
  return kept;
}
export async function fillsOneBuffer() {
  const kept = new Uint8Array(new ArrayBuffer(300 * MIB)).fill(1);
  await forever();
  return kept;
}
export async function growsArrayBuffer() {
  const buffer = new ArrayBuffer(MIB, { maxByteLength: 300 * MIB });
  while (buffer.byteLength < 300 * MIB) {
    buffer.resize(buffer.byteLength + MIB);
    new Uint8Array(buffer, buffer.byteLength - MIB).fill(1);
  }
  await forever();
  return buffer;
}
export async function growsWasm() {
  if (typeof WebAssembly === 'undefined') return NOTHING;
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 4_800 });
  while (memory.buffer.byteLength < 300 * MIB) {
    memory.grow(16);
    new Uint8Array(memory.buffer, memory.buffer.byteLength - MIB).fill(1);
  }
  await forever();
  return memory;
}
