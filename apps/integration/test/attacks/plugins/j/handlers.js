// Handlers for every place: no Node API, and nothing but timers besides the language.

/** Where the host can look in a place that shares its realm. */
const LATE = Symbol.for('kb-test-late-calls');

// The linter knows no thenable that is meant to be one.
const THEN = Symbol('then').description;

/** Returns at once and goes on writing; `ways` says from where. */
export function writesLater({ ways }, ctx) {
  const outcomes = [];
  const write = (way) => {
    outcomes.push(
      ctx.fs.writeFile(`late-${way}.txt`, 'late').then(
        () => 'written',
        (error) => error.code,
      ),
    );
  };
  const later = {
    timer: () => setTimeout(() => write('timer'), 1),
    unref: () => setTimeout(() => write('unref'), 1)?.unref?.(),
    promise: () => void hops(1000).then(() => write('promise')),
    cleanup: () => ctx.onCleanup(() => write('cleanup')),
  };
  for (const way of ways) later[way]();
  globalThis[LATE] = outcomes;
  return 'returned';
}

async function hops(count) {
  for (let hop = 0; hop < count; hop += 1) await undefined;
  await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A timer that would keep a process alive; it ends by itself where nobody can end it. */
export function staysAlive() {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks > 20) clearInterval(timer);
  }, 10);
  return 'returned';
}

const thenables = {
  never: () => thenable(() => undefined),
  twice: () =>
    thenable((resolve) => {
      resolve('first');
      resolve('second');
    }),
  both: () =>
    thenable((resolve, reject) => {
      resolve('first');
      reject(new Error('second'));
      throw new Error('third');
    }),
  throwingGetter: () =>
    Object.defineProperty({}, THEN, {
      get: () => {
        throw new Error('thrown by a getter');
      },
    }),
  throwing: () =>
    thenable(() => {
      throw new Error('thrown by then');
    }),
  rejecting: () => thenable((_, reject) => reject(new Error('rejected by then'))),
  deep: () => Array.from({ length: 100_000 }).reduce((inner) => thenable((resolve) => resolve(inner)), 'the end'),
  // Each is made by the one before: what ends it is the time, or the memory.
  endless: () => chain(),
  itself: () => {
    const self = thenable((resolve) => resolve(self));
    return self;
  },
};

function thenable(then) {
  return { [THEN]: then };
}

function chain() {
  return thenable((resolve) => resolve(chain()));
}

export function returnsThenable({ kind }) {
  return thenables[kind]();
}

const unusual = {
  'async generator': () =>
    (async function* numbers() {
      yield 1;
    })(),
  iterator: () => [1, 2][Symbol.iterator](),
  'hand-made iterator': () => ({ next: () => ({ done: true }), [Symbol.iterator]: () => [][Symbol.iterator]() }),
  'async iterable': () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }) }) }),
  'a promise inside': () => ({ inner: Promise.resolve(1) }),
  'a disposable': () => new Handle(),
};

class Handle {
  open = true;
}

export function returnsUnusual({ kind }) {
  return unusual[kind]();
}

/** Says that it runs, and then waits for its signal. */
export async function waits(_input, ctx) {
  ctx.progress('up');
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  ctx.signal.throwIfAborted();
}

/** Says that it runs, and ends after so many milliseconds of the guest's own time. */
export async function works({ ms }, ctx) {
  ctx.progress('up');
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'worked';
}

export function returns(input) {
  return input ?? null;
}

export function throws() {
  throw new Error('thrown');
}
