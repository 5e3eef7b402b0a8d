import { builtinModules } from 'node:module';
import { workerSandbox } from '@kb-labs/sandbox-worker';
import { afterAll, describe, expect, it } from 'vitest';
import { runBody, valueOf } from './worker-scene.js';

const adapter = workerSandbox();
afterAll(() => adapter[Symbol.asyncDispose]());

/** All that a thread may load of Node: whatever reaches a file, the network, a process or a thread is not among them. */
const LOADED = [
  'assert',
  'assert/strict',
  'async_hooks',
  'buffer',
  'console',
  'constants',
  'crypto',
  'diagnostics_channel',
  'events',
  'module',
  'os',
  'path',
  'path/posix',
  'path/win32',
  'perf_hooks',
  'process',
  'punycode',
  'querystring',
  'readline',
  'readline/promises',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'sys',
  'timers',
  'timers/promises',
  'tty',
  'url',
  'util',
  'util/types',
  'v8',
  'vm',
  'zlib',
];

describe('the guards of a thread', () => {
  it('let it load what computes, in whatever way it asks, and nothing else of Node', async () => {
    const names = builtinModules.map((name) => name.replace('node:', ''));
    const body = `
      const { createRequire, Module } = await import('node:module');
      const require = createRequire(import.meta.url);
      const ways = [(name) => import('node:' + name), (name) => require(name), (name) => require('node:' + name), (name) => Module._load('node:' + name),
        (name) => process.getBuiltinModule(name), (name) => process.getBuiltinModule('node:' + name),
        (name) => import('data:text/javascript,export * from "node:' + name + '"')];
      const found = new Set();
      for (const name of ${JSON.stringify([...names, 'sqlite', 'test', 'sea', 'ffi', 'quic', 'vfs'])}) {
        for (const load of ways) { try { if (await load(name)) found.add(name); } catch {} }
      }
      return [...found];`;
    expect(new Set(valueOf(await runBody(adapter, body)) as string[])).toEqual(new Set(LOADED));
  });

  it('take away what reaches the process, its files and its neighbours', async () => {
    const calls = [
      "process.kill(process.pid, 'SIGUSR1')",
      'process.kill(process.pid, 0)',
      'process._kill(process.pid, 0)',
      "process.dlopen({ exports: {} }, '/x.node')",
      "process.binding('fs')",
      "process._linkedBinding('fs')",
      "process.loadEnvFile('/etc/hostname')",
      "process.execve?.('/bin/true', ['true'], {}) ?? refused()",
      'process._debugProcess(process.pid)',
      'process._getActiveHandles()',
      'process.abort()',
      "process.chdir('/')",
      'process.setuid(1)',
      'process.umask(0)',
      'process.report.writeReport()',
      "v8.setFlagsFromString('--allow-natives-syntax')",
      'v8.writeHeapSnapshot()',
      'v8.setHeapSnapshotNearHeapLimit(1)',
      'os.setPriority(0, 19)',
      "crypto.setEngine('x')",
      'crypto.setFips(true)',
      'new tty.WriteStream(1)',
      'new tty.ReadStream(0)',
      "module.register('data:text/javascript,')",
      'module.registerHooks({})',
      "module.enableCompileCache('/tmp')",
      "new BroadcastChannel('x')",
      "new WebSocket('ws://127.0.0.1')",
      "new EventSource('http://127.0.0.1')",
      "fetch('http://127.0.0.1')",
      "localStorage.setItem('a', 'b')",
      "navigator.locks.request('x', () => 1)",
    ];
    const body = `
      const [v8, os, crypto, tty, module] = await Promise.all(['v8', 'os', 'crypto', 'tty', 'module'].map((name) => import('node:' + name)));
      const refused = () => { throw new Error('not there'); };
      const tries = { ${calls.map((call) => `${JSON.stringify(call)}: () => ${call}`).join(', ')} };
      const done = [];
      for (const [name, attempt] of Object.entries(tries)) { try { await attempt(); done.push(name); } catch {} }
      return done;`;
    expect(valueOf(await runBody(adapter, body))).toEqual([]);
  });

  it('leave no way back', async () => {
    const body = `
      const { syncBuiltinESMExports } = await import('node:module');
      const done = [];
      const tries = {
        deleted: () => { delete process.kill; delete process.getBuiltinModule; process.kill(process.pid, 0); },
        replaced: () => { process.getBuiltinModule = () => 1; if (process.getBuiltinModule('fs') === 1) throw new Error('its own'); },
        inherited: () => Object.getPrototypeOf(process).kill.call(process, process.pid, 0),
        synced: async () => { syncBuiltinESMExports(); (await import('node:process')).kill(process.pid, 0); },
        permitted: async () => (await import('node:process')).default.getBuiltinModule('worker_threads').parentPort.postMessage('forged'),
      };
      for (const [name, attempt] of Object.entries(tries)) { try { await attempt(); done.push(name); } catch {} }
      return done;`;
    expect(valueOf(await runBody(adapter, body))).toEqual([]);
  });

  it('say what there is instead', async () => {
    const body = `try { await import('node:fs') } catch (error) { return [error.code, error.message]; }`;
    expect(valueOf(await runBody(adapter, body))).toEqual([
      'ERR_ACCESS_DENIED',
      'the module "node:fs" is not available in a thread; for files there is ctx.fs, which "fs.read" and "fs.write" bring',
    ]);
  });
});
