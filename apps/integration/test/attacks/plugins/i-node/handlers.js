// What only a place with Node offers to take too much of.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function execs() {
  let refused;
  try {
    require('node:child_process').execSync('sleep 60');
  } catch (error) {
    refused = error.code;
  }
  if (refused !== undefined) throw Object.assign(new Error('refused'), { code: refused });
}

/** Waits in the system, where no JavaScript can be reached. */
export const readsPipe = (path) => fs.readFileSync(path, 'utf8');

export function opens() {
  const open = [];
  let code;
  for (;;) {
    try {
      open.push(fs.openSync(process.argv[1] ?? import.meta.filename ?? '.', 'r'));
    } catch (error) {
      code = error.code;
      break;
    }
    if (open.length > 25_000) break;
  }
  for (const fd of open) fs.closeSync(fd);
  return { code, count: open.length };
}

export function forks() {
  const codes = new Set();
  const { spawn, fork, execFileSync } = require('node:child_process');
  const { Worker } = require('node:worker_threads');
  const attempts = [
    () => spawn('/bin/sh', ['-c', ':(){ :|:& };:'], { detached: true, stdio: 'ignore' }).unref(),
    () => fork(import.meta.filename),
    () => execFileSync('/bin/true'),
    () => new Worker('0', { eval: true }),
    () => process.execve('/bin/sh', ['sh']),
  ];
  for (let turn = 0; turn < 100; turn += 1) {
    for (const attempt of attempts) {
      try {
        attempt();
        codes.add('ok');
      } catch (error) {
        codes.add(error.code ?? error.name);
      }
    }
  }
  return [...codes];
}

/** Leaves a grandchild that ignores what it can, if it is let. */
export function detaches(mark) {
  const { spawn } = require('node:child_process');
  process.on('SIGTERM', () => undefined);
  spawn('/bin/sh', ['-c', `trap '' TERM HUP INT; exec -a ${mark} sleep 60`], {
    detached: true,
    stdio: 'ignore',
  }).unref();
  for (;;);
}

export function listens() {
  const { createServer } = require('node:net');
  for (let count = 0; count < 10_000; count += 1) createServer().listen(0);
}

export function floods({ stdout, stderr }) {
  const bytes = Buffer.alloc(65_536, 'x');
  for (;;) {
    if (stdout) write(1, bytes);
    if (stderr) write(2, bytes);
  }
}

function write(fd, bytes) {
  try {
    fs.writeSync(fd, bytes);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
  }
}

export async function floodsStreams() {
  const text = 'z'.repeat(65_536);
  for (;;) {
    process.stdout.write(text);
    process.stderr.write(text);
    console.log(text);
    console.error(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
