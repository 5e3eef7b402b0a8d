/** Tries things, and tells how each ended. */
export const TRY: string = `
const results = {};
export async function attempt(name, work) {
  try {
    const value = await Promise.race([
      work(),
      new Promise((_, reject) => setTimeout(() => reject(Object.assign(new Error('late'), { code: 'no answer' })), 4000).unref()),
    ]);
    results[name] = 'ok: ' + String(value);
  } catch (error) {
    results[name] = String(error.cause?.code ?? error.code ?? error.message);
  }
}
export function tell() {
  process.stdout.write(JSON.stringify(results));
  process.exit(0);
}
`;

/** Ways out of a process: sockets, names, processes, signals. `facts` holds `port` and `hostPid`. */
export const NETWORK: string = `
import net from 'node:net';
import dgram from 'node:dgram';
import dns from 'node:dns';
import inspector from 'node:inspector';
import { spawn, spawnSync, fork, execSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { attempt, tell } from './attempt.mjs';
const once = (emitter, event) => new Promise((resolve, reject) => { emitter.once(event, resolve); emitter.once('error', reject); });
await attempt('tcp to the host', () => once(net.connect(facts.port, '127.0.0.1'), 'connect'));
await attempt('tcp listen', () => once(net.createServer().listen(0), 'listening'));
await attempt('udp', () => { const socket = dgram.createSocket('udp4'); const done = once(socket, 'listening'); socket.bind(0); return done; });
await attempt('dns', () => new Promise((resolve, reject) => dns.lookup('example.com', (error, found) => error ? reject(error) : resolve(found))));
await attempt('dns by c-ares', () => new dns.promises.Resolver({ timeout: 500, tries: 1 }).resolve4('example.com'));
await attempt('fetch', () => fetch('http://127.0.0.1:' + facts.port));
await attempt('unix socket', () => once(net.connect('/run/dbus/system_bus_socket'), 'connect'));
await attempt('abstract unix socket', () => once(net.connect('\\0/tmp/.X11-unix/X0'), 'connect'));
await attempt('unix listen', () => once(net.createServer().listen('/dev/shm/s'), 'listening'));
await attempt('spawn', () => once(spawn('/kb/node', ['--version']), 'exit'));
await attempt('spawnSync', () => { const { error, status } = spawnSync('/kb/node', ['--version']); if (error) throw error; return status; });
await attempt('fork', () => once(fork('./main.mjs', { execPath: '/kb/node' }), 'exit'));
await attempt('a shell', () => execSync('id'));
await attempt('signal to the host', () => process.kill(facts.hostPid, 0));
await attempt('signal to all', () => process.kill(-1, 0));
await attempt('inspector', () => { inspector.open(0, '127.0.0.1'); if (inspector.url() === undefined) throw Object.assign(new Error('closed'), { code: 'closed' }); return inspector.url(); });
await attempt('threads', () => once(new Worker('require("node:worker_threads").parentPort.postMessage("threads may be had")', { eval: true, execArgv: [] }), 'message'));
tell();
`;

/** What a process can see and write. `facts` holds `hostFile`. */
export const FILES: string = `
import fs from 'node:fs';
import os from 'node:os';
import { attempt, tell } from './attempt.mjs';
const read = (path) => fs.statSync(path).isDirectory() ? fs.readdirSync(path).join() : fs.readFileSync(path, 'utf8');
for (const path of ['/etc/passwd', '/etc/hostname', '/etc/resolv.conf', '/sys', '/home', '/root', '/var/run']) await attempt(path, () => read(path));
await attempt("a file of the host's", () => read(facts.hostFile));
await attempt("another plugin's", () => read(process.cwd() + '/../other'));
await attempt('/proc/1/environ', () => { process.env.KEY = 'value'; return fs.readFileSync('/proc/1/environ', 'utf8').split('\\0').filter((line) => line !== '' && !line.startsWith('PWD=')).join() || 'KEY=value'; });
await attempt('processes', () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).join());
await attempt('the parent', () => process.ppid);
await attempt('hostname', () => os.hostname());
await attempt('uid', () => process.getuid() + ' ' + process.getgid());
const status = (name) => new RegExp(name + ':\\\\s*(\\\\S+)').exec(fs.readFileSync('/proc/self/status', 'utf8'))[1];
await attempt('capabilities', () => status('CapEff'));
await attempt('no new privileges', () => status('NoNewPrivs') + ' ' + status('Seccomp'));
await attempt('root', () => fs.readdirSync('/').sort().join());
await attempt('devices', () => fs.readdirSync('/dev').sort().join());
for (const place of ['/', '/tmp', '/dev', '/dev/shm']) await attempt('write ' + place, () => fs.writeFileSync(place + '/file', 'x'));
await attempt('write /kb/bootstrap.cjs', () => fs.appendFileSync('/kb/bootstrap.cjs', 'x'));
await attempt('write /kb/guest.cjs', () => fs.appendFileSync('/kb/guest.cjs', 'x'));
await attempt('write the plugin', () => fs.writeFileSync(process.cwd() + '/file', 'x'));
await attempt('write /proc/sys', () => fs.closeSync(fs.openSync('/proc/sys/kernel/core_pattern', 'r+')));
await attempt('write /proc', () => fs.closeSync(fs.openSync('/proc/self/oom_score_adj', 'r+')));
await attempt('write into node', () => fs.appendFileSync('/kb/node', 'x'));
await attempt('mounts that can be written', () => fs.readFileSync('/proc/self/mounts', 'utf8').split('\\n').filter((line) => line !== '' && !/ ro,/.test(line)).map((line) => line.split(' ')[1]).filter((at) => { try { fs.writeFileSync(at + '/probe', 'x'); return true; } catch { return false; } }).join());
await attempt('chmod the plugin', () => fs.chmodSync(process.cwd(), 0o777));
tell();
`;

/** The same once the process has replaced itself, where Node can. */
export const REPLACED: string = `
import fs from 'node:fs';
import net from 'node:net';
import { spawn } from 'node:child_process';
import { attempt, tell } from './attempt.mjs';
if (process.execve && !process.env.REPLACED) process.execve('/kb/node', ['/kb/node', process.cwd() + '/main.mjs'], { REPLACED: '1' });
const once = (emitter, event) => new Promise((resolve, reject) => { emitter.once(event, resolve); emitter.once('error', reject); });
await attempt('/etc/passwd', () => fs.readFileSync('/etc/passwd'));
await attempt('write /tmp', () => fs.writeFileSync('/tmp/x', 'x'));
await attempt('socket', () => once(net.createServer().listen(0), 'listening'));
await attempt('spawn', () => once(spawn('/kb/node', ['--version']), 'exit'));
tell();
`;
