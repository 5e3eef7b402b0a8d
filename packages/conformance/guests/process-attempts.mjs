import { builtin, first, load, tryAll } from './attempts.mjs';

const { default: Module } = await builtin('module');
const node = globalThis.process?.execPath;
// The commands hold the sum, and what they write the answer: an error that quotes a command proves nothing.
const script = (marker) => `echo ran-$((40+2)) | tee '${marker}'`;
const code = (marker) => `require('fs').writeFileSync(${JSON.stringify(marker)}, 'x'); console.log('ran-' + (40 + 2))`;

const promised = (work) =>
  new Promise((resolve, reject) => {
    work((error, stdout) => (error ? reject(error) : resolve(stdout)));
  });

const documented = {
  'child_process.spawn': async ({ marker }) => {
    const { spawn } = await import('node:child_process');
    const child = spawn('/bin/sh', ['-c', script(marker)]);
    let text = '';
    child.stdout?.on('data', (data) => (text += data));
    await first(child, 'close');
    return text;
  },
  'child_process.spawn detached': async ({ marker }) => {
    const { spawn } = await import('node:child_process');
    return first(spawn('/bin/sh', ['-c', script(marker)], { detached: true, stdio: 'ignore' }), 'exit');
  },
  'child_process.spawnSync': ({ marker }) => load('child_process').spawnSync('/bin/sh', ['-c', script(marker)]).stdout,
  'child_process.exec': ({ marker }) => promised((done) => load('child_process').exec(script(marker), done)),
  'child_process.execSync': ({ marker }) => load('child_process').execSync(script(marker), { stdio: 'pipe' }),
  'child_process.execFile': ({ marker }) =>
    promised((done) => load('child_process').execFile(node, ['-e', code(marker)], done)),
  'child_process.execFileSync': ({ marker }) =>
    process.getBuiltinModule('child_process').execFileSync(node, ['-e', code(marker)], { stdio: 'pipe' }),
  'child_process.fork': async ({ marker }) => {
    const { fork } = await import('node:child_process');
    const child = fork(new URL('./child.mjs', import.meta.url), [marker], { execArgv: [], stdio: 'pipe' });
    return first(child, 'message', 'exit');
  },
  'cluster.fork': async ({ marker }) => {
    const { default: cluster } = await import('node:cluster');
    cluster.setupPrimary({
      exec: new URL('./child.mjs', import.meta.url).pathname,
      args: [marker],
      execArgv: [],
      silent: true,
    });
    return first(cluster.fork().process, 'message', 'exit');
  },
  'a worker thread': async () => {
    const { Worker } = await import('node:worker_threads');
    return first(
      new Worker("require('worker_threads').parentPort.postMessage('ran-' + (40 + 2))", { eval: true }),
      'message',
    );
  },
  WASI: async () => {
    const { WASI } = await import('node:wasi');
    return `${typeof new WASI({ version: 'preview1', preopens: { '/': '/' } }).wasiImport} ran-42`;
  },
  'process.dlopen': ({ addon }) => loads(() => process.dlopen({ exports: {} }, addon)),
  'require of an addon': ({ addon }) => loads(() => load(addon)),
  'inspector.open': async () => {
    const inspector = await import('node:inspector');
    inspector.open(0, '127.0.0.1');
    const url = inspector.url();
    inspector.close();
    if (url === undefined) throw new Error('it did not open');
    return `ran-42 ${url}`;
  },
  'a signal to everyone': () => `${process.kill(-1, 'SIGWINCH')}`,
};

// Not documented, or documented as something else.
const tricks = {
  'Module._load': ({ marker }) => Module._load('child_process').execSync(script(marker), { stdio: 'pipe' }),
  'process.binding of spawn_sync': ({ marker }) => {
    const pipe = (readable) => ({ type: 'pipe', readable, writable: !readable });
    const options = {
      file: '/bin/sh',
      args: ['sh', '-c', script(marker)],
      stdio: [pipe(true), pipe(false), pipe(false)],
    };
    return process.binding('spawn_sync').spawn(options).output?.join('');
  },
  'process.binding of process_wrap': ({ marker }) => {
    const { Process } = process.binding('process_wrap');
    const child = new Process();
    const status = child.spawn({ file: '/bin/sh', args: ['sh', '-c', script(marker)], stdio: [] });
    if (status !== 0) throw new Error(`status ${status}`);
    return 'started';
  },
  'process._kill of everyone': () => `${process._kill(-1, 28)}`,
  'process._kill of the host': ({ hostPid }) => `${process._kill(hostPid, 28)} ${process._kill(process.ppid, 28)}`,
  'process._debugProcess of the host': ({ hostPid }) => `${process._debugProcess(hostPid)}`,
  'a restored process.kill': ({ hostPid }) => {
    delete process.kill;
    return `${process.kill(hostPid, 'SIGWINCH')}`;
  },
  'process.kill of another context': async ({ hostPid }) => {
    const { runInNewContext } = await import('node:vm');
    return `${runInNewContext('p.constructor.prototype.kill ?? p.kill', { p: process }).call(process, hostPid, 'SIGWINCH')}`;
  },
  'process.execve of a shell': ({ marker }) => process.execve('/bin/sh', ['sh', '-c', script(marker)], {}),
  'process.execve of node': ({ marker }) => process.execve(node, [node, '-e', code(marker)], {}),
};

/** The file is no addon, so a loader that gets as far as to say so has been let through. */
function loads(load) {
  try {
    load();
  } catch (error) {
    if (error.code !== 'ERR_DLOPEN_FAILED') throw error;
  }
  return 'ran-42';
}

export const attempts = { ...documented, ...tricks };

export const run = (tasks) => tryAll(attempts, tasks);
