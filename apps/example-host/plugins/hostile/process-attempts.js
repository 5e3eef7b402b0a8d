/**
 * @import { Attempt } from './escape.js'
 */

/** Ways to other processes, to native code and to more power inside its own. @type {readonly Attempt[]} */
export const processAttempts = [
  {
    name: 'start a shell',
    aim: 'process',
    attempt: async () => (await import('node:child_process')).execFileSync('/bin/sh', ['-c', 'id']).toString(),
  },
  {
    name: 'start a worker without limits',
    aim: 'process',
    attempt: async () => {
      const { Worker } = await import('node:worker_threads');
      const worker = new Worker('', { eval: true, execArgv: [], env: {} });
      await worker.terminate();
      return 'started';
    },
  },
  {
    name: 'signal the host',
    aim: 'process',
    attempt: ({ hostPid }) => (process.kill(hostPid, 0) ? 'the host can be signalled' : undefined),
  },
  {
    name: "open the host's debugger",
    aim: 'process',
    attempt: ({ hostPid }) => {
      // @ts-expect-error Undocumented: sends SIGUSR1, which starts an inspector in a Node process.
      process._debugProcess(hostPid);
      return 'sent';
    },
  },
  {
    name: 'load native code',
    aim: 'process',
    attempt: () => {
      process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libm.so.6');
      return 'loaded';
    },
  },
  {
    name: 'spawn by the internal binding',
    aim: 'process',
    attempt: () => {
      // @ts-expect-error Deprecated and undeclared: the way past every module hook.
      const { spawn } = process.binding('spawn_sync');
      const { error, output } = spawn({ file: '/bin/sh', args: ['sh', '-c', 'id'], stdio: [{ type: 'pipe' }] });
      return error === undefined ? String(output) : undefined;
    },
  },
  {
    name: 'open an inspector of its own',
    aim: 'process',
    attempt: async () => {
      const { Session } = await import('node:inspector');
      new Session().connect();
      return 'connected';
    },
  },
  {
    name: 'give itself the right to read all files',
    aim: 'process',
    attempt: async () => {
      Object.defineProperty(process, 'permission', { value: { has: () => true } });
      process.execArgv.push('--allow-fs-read=*');
      return (await import('node:fs')).readFileSync('/etc/hostname', 'utf8');
    },
  },
];
