// Each attempt returns what it got. What it got is judged by the host, from outside.

const builtin = (name) => process.getBuiltinModule(name);

const attempts = {
  'read /etc/passwd': () => builtin('node:fs').readFileSync('/etc/passwd', 'utf8'),
  'read the secret beside the root': ({ secret }) => builtin('node:fs').readFileSync(secret, 'utf8'),
  'read it through a promise': async ({ secret }) => await builtin('node:fs/promises').readFile(secret, 'utf8'),
  'read it through a binding': ({ secret }) => process.binding('fs').readFileUtf8(secret, 0),
  'link to it and read the link': ({ secret }) => {
    const fs = builtin('node:fs');
    fs.symlinkSync(secret, './link');
    return fs.readFileSync('./link', 'utf8');
  },
  'load it as a module': async ({ secret }) => JSON.stringify(await import(secret)),
  'host variables in process.env': ({ canary }) => (JSON.stringify(process.env).includes(canary) ? canary : refuse()),
  'host variables in /proc/self/environ': () => builtin('node:fs').readFileSync('/proc/self/environ', 'utf8'),
  'host variables in /proc/1/environ': () => builtin('node:fs').readFileSync('/proc/1/environ', 'utf8'),
  'host variables of the parent': () => builtin('node:fs').readFileSync(`/proc/${process.ppid}/environ`, 'utf8'),
  'host variables in a report': ({ canary }) =>
    JSON.stringify(process.report.getReport()).includes(canary) ? canary : refuse(),
  'connect a socket': ({ port }) => connect(port),
  'connect through require': async ({ port }) => {
    const { createRequire } = builtin('node:module');
    return await connectWith(createRequire(import.meta.url)('node:net'), port);
  },
  'connect through import': async ({ port }) => await connectWith(await import('node:net'), port),
  'fetch around the gate': async ({ port }) => (await fetch(`http://127.0.0.1:${port}/`)).status,
  'speak http': async ({ port }) => {
    const http = await import('node:http');
    return await new Promise((resolve, reject) => {
      http.get(`http://127.0.0.1:${port}/`, (response) => resolve(response.statusCode)).on('error', reject);
    });
  },
  'resolve a name': async () => (await (await import('node:dns/promises')).lookup('localhost')).address,
  'open a web socket': ({ port }) => new WebSocket(`ws://127.0.0.1:${port}/`).url,
  'start a process': async () => (await import('node:child_process')).execFileSync('/bin/echo', ['started']).toString(),
  'start a worker': async () => {
    const { Worker } = await import('node:worker_threads');
    return new Worker('1', { eval: true }).threadId;
  },
  'replace the process': () => process.execve('/bin/sh', ['sh', '-c', 'exit 0']),
  'signal the parent': () => process.kill(process.ppid, 0),
  'signal the parent by a spare name': () => process._kill(process.ppid, 0),
  'signal everybody': () => process.kill(-1, 0),
  'write beside the plugin': ({ root }) => write(`${root}/written-by-guest`),
  'write into the plugin': () => write('./written-by-guest'),
  'write into /tmp': ({ mark }) => write(`/tmp/${mark}`),
  'write into /dev/shm': ({ mark }) => write(`/dev/shm/${mark}`),
  'write a report': ({ mark }) => process.report.writeReport(`/tmp/${mark}.report`),
  'write a heap snapshot': ({ mark }) => builtin('node:v8').writeHeapSnapshot(`/tmp/${mark}.heap`),
  'load an addon': () => process.dlopen({ exports: {} }, '/nowhere.node'),
  'open a database': ({ secret }) => {
    const { DatabaseSync } = builtin('node:sqlite');
    return new DatabaseSync(`${secret}.db`).location();
  },
  'use wasi': async () =>
    new (await import('node:wasi')).WASI({ version: 'preview1', preopens: { '/': '/' } }).wasiImport,
  'change v8 flags': () => builtin('node:v8').setFlagsFromString('--allow-natives-syntax'),
  'open the inspector': async () => (await import('node:inspector')).open(0, '127.0.0.1'),
};

/** Names of the attempts that got somewhere, with what they got. */
export async function escapes(aims) {
  const got = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    if (aims.skip?.includes(name)) continue;
    try {
      const what = await attempt(aims);
      got[name] = String(what ?? 'done').slice(0, 200);
    } catch (error) {
      void error;
    }
  }
  return { tried: Object.keys(attempts).length, got };
}

function refuse() {
  throw new Error('nothing found');
}

function write(path) {
  builtin('node:fs').writeFileSync(path, 'written');
  return path;
}

function connect(port) {
  return connectWith(builtin('node:net'), port);
}

function connectWith(net, port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve('connected'));
    socket.on('error', reject);
  });
}

/** Writes garbage to every descriptor that might lead out. */
export async function garbage() {
  const fs = builtin('node:fs');
  const noise = Buffer.alloc(65_536, 0xff);
  for (let fd = 0; fd < 64; fd += 1) {
    try {
      fs.writeSync(fd, noise);
    } catch {
      // Not open, or not for writing.
    }
  }
  await new Promise(() => undefined);
}

export function spin() {
  for (;;);
}

/** Ignores what it can, has tried to leave children behind, and spins. */
export async function clings() {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  try {
    const { spawn } = await import('node:child_process');
    spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' }).unref();
  } catch {
    // Refused, as it should be.
  }
  for (;;);
}

export function fillHeap() {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
}

export function fillBuffers() {
  const kept = [];
  for (;;) kept.push(Buffer.alloc(4_194_304, 1));
}

export function fillWasm() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  for (;;) {
    memory.grow(64);
    new Uint8Array(memory.buffer).fill(1);
  }
}

/** Reads memory that it never writes: no page of it is resident, and each costs a part of a page table. */
export function fillPageTables() {
  const kept = [];
  for (;;) {
    const untouched = new Uint8Array(2 ** 30);
    let sum = 0;
    for (let at = 0; at < untouched.length; at += 2 ** 21) sum += untouched[at];
    kept.push([untouched, sum]);
  }
}

/** Tries to change what its standard descriptors lead to. */
export function touchesDescriptors() {
  const fs = builtin('node:fs');
  for (const fd of [0, 1, 2]) {
    for (const change of [
      () => fs.futimesSync(fd, 1, 1),
      () => fs.fchmodSync(fd, 0o600),
      () => fs.fchownSync(fd, 1, 1),
    ]) {
      try {
        change();
      } catch {
        // Refused; what counts is what the host sees.
      }
    }
  }
}

export function pid() {
  return process.pid;
}
