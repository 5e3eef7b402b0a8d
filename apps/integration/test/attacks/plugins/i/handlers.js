// Handlers that take more than their share: of time, memory, output, timers. They use no Node API.

const MIB = 1_048_576;
/** Where a bomb stops to grow, so that a limit which fails does not take the machine with it. */
const MOST = 320;

export const forever = () => new Promise(() => undefined);
export const fine = () => 'fine';

export const spins = () => {
  for (;;);
};

export async function microtasks() {
  for (;;) await Promise.resolve();
}

/** Something that can be awaited, and answers with itself each time. */
export function thenables() {
  const again = { then: (resolve) => resolve(again) }; // oxlint-disable-line no-thenable
  return again;
}

export const backtracks = () => /^(a+)+$/.test(`${'a'.repeat(60)}b`);

export const backtracksLater = async (_input, ctx) => {
  await ctx.fs.readFile('data/hello.txt', 'utf8');
  return ['(x+x+)+y', '(.*a){30}', '^(\\w+\\s?)*$'].map((text) => new RegExp(text).test(`${'xa '.repeat(400)}!`));
};

export const sleeps = () => {
  // Where there is no such thing, it spins.
  if (typeof Atomics === 'object') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  for (;;);
};

/** Another promise each time, none of them ever settled, with a timer that wakes it before its time is up. */
export const intervals = () => {
  for (let count = 0; count < 1_000_000; count += 1) setInterval(() => undefined, 0);
  return new Promise(() => undefined);
};

export const timeouts = () => {
  const again = () => {
    setTimeout(again, 0);
    setTimeout(again, 0);
  };
  again();
  return new Promise(() => undefined);
};

export const cleanups = async (_input, ctx) => {
  ctx.onCleanup(() => {
    for (;;);
  });
  return 'returned';
};

/** Spins in a getter of what it returned, which its host's side reads. */
export const getters = () => Object.defineProperty({}, 'at', { get: spins, enumerable: true });

/** Texts whose handling takes long inside the engine, where nothing can interrupt it. */
export const parses = () => {
  const text = `[${'[1,{"a":"b"}],'.repeat(4_000_000)}0]`;
  for (;;) JSON.parse(text);
};

export const replaces = () => {
  const text = 'ab'.repeat(100_000_000);
  for (;;) text.replaceAll('a', 'ccc');
};

export const bigints = () => {
  let big = 3n;
  for (;;) big **= 7n;
};

// Memory

export async function heap() {
  const kept = [];
  for (let size = 0; size < MOST; size += 1) kept.push(Array.from({ length: MIB / 8 }, (_, index) => index + 0.5));
  await forever();
  return kept;
}

export async function buffers() {
  const kept = [];
  for (let size = 0; size < MOST; size += 4) kept.push(new Uint8Array(4 * MIB).fill(1));
  await forever();
  return kept;
}

export async function resizes() {
  const buffer = new ArrayBuffer(MIB, { maxByteLength: MOST * MIB });
  while (buffer.byteLength < MOST * MIB) {
    buffer.resize(buffer.byteLength + MIB);
    new Uint8Array(buffer, buffer.byteLength - MIB).fill(1);
  }
  await forever();
  return buffer;
}

export async function wasm() {
  const kept = [];
  for (let size = 0; size < MOST; size += 64) {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 1_024 });
    memory.grow(1_008);
    new Uint8Array(memory.buffer).fill(1);
    kept.push(memory);
  }
  await forever();
  return kept;
}

/** Keeps nearly as much as it may, and makes garbage, so that all time goes into looking for what is free. */
export function thrashes(mib) {
  const kept = [];
  for (let size = 0; size < mib; size += 1) kept.push(Array.from({ length: 16_384 }, (_, index) => ({ index })));
  for (let turn = 0; ; turn += 1) {
    kept[turn % kept.length] = Array.from({ length: 16_384 }, (_, index) => ({ index, turn }));
  }
}

// Output and calls

export function logs(_input, ctx) {
  const line = 'x'.repeat(10_000);
  for (;;) ctx.log.info(line, { n: 1 });
}

export function logsThenReturns(count, ctx) {
  for (let index = 0; index < count; index += 1) ctx.log.warn('y'.repeat(1_000), { index });
  return count;
}

export function progresses(_input, ctx) {
  for (;;) ctx.progress('almost', Math.random());
}

export function calls(_input, ctx) {
  for (;;) ctx.fs.stat('data/hello.txt').catch(() => undefined);
}

/** Calls a host function again and again, a few at a time, and tells the codes. */
export async function counts({ verb, times, args }, ctx) {
  const [group, name] = verb.split('.');
  const codes = {};
  for (let index = 0; index < times; index += 50) {
    const work = Array.from({ length: Math.min(50, times - index) }, async (_, offset) => {
      const own = args.map((arg) => (typeof arg === 'string' ? arg.replaceAll('#', String(index + offset)) : arg));
      try {
        await (name === undefined ? ctx[group](...own) : ctx[group][name](...own));
        return 'ok';
      } catch (error) {
        return error.code ?? error.message;
      }
    });
    for (const code of await Promise.all(work)) codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
}

/** Asks for much at a time and never takes it. */
export async function neverReads(_input, ctx) {
  for (let index = 0; index < 60; index += 1) void ctx.fs.readFile('data/large.txt', 'utf8');
  await Promise.resolve();
  for (;;);
}

/** Returns what it has counted after a time, so that runs overlap. */
export async function lingers(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}
