// What a thread of the host's own process may reach for.

const builtin = (name) => process.getBuiltinModule(name);

const attempts = {
  'the port to its parent': () => builtin('node:worker_threads').parentPort.postMessage(Buffer.alloc(64, 0xff)),
  'the port by require': () =>
    builtin('node:module')
      .createRequire(import.meta.url)('node:worker_threads')
      .parentPort.postMessage('x'),
  'a message to all threads': () => new BroadcastChannel('kb').postMessage('x'),
  'the descriptors of its host': () => builtin('node:fs').writeSync(1, 'written by a thread'),
  'a signal to its host': () => process.kill(process.pid, 'SIGWINCH'),
  'the exit of its host': () => process.reallyExit(0),
  'an abort of its host': () => process.abort(),
  'the working directory of its host': () => process.chdir('/'),
  'the title of its host': () => {
    process.title = 'taken by a thread';
    return process.title;
  },
};

/** Names of what let itself be done, and of what did not. */
export function reaches(names) {
  return Object.fromEntries(
    names.map((name) => {
      try {
        attempts[name]();
        return [name, 'done'];
      } catch (error) {
        return [name, error.code ?? error.name];
      }
    }),
  );
}

/** Hands out memory that both would write to. */
export async function shares() {
  const memory = new SharedArrayBuffer(8);
  const told = [];
  for (const value of [memory, new Int32Array(memory), new MessageChannel().port1]) {
    told.push(Object.prototype.toString.call(value));
  }
  return { told, memory };
}

export const fine = () => 'fine';
