import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { findCoreLimiter, withoutCores } from '../fork/core-limit.js';
import { spawnCovered } from '../fork/spawn-covered.js';

/** The process of a spawner, and the channel to it. */
export interface LaunchedSpawner {
  readonly child: ChildProcess;
  readonly channel: Socket;
}

/** It holds a few kilobytes for each guest. */
const FLAGS = ['--max-old-space-size=64', '--disable-sigusr1'];

const CHANNEL_FD = 3;

/** Starts it with an empty environment, and nothing of the host's but its channel: so will those be that it starts. Rejects where it cannot be. */
export async function launchSpawner(path: string): Promise<LaunchedSpawner> {
  const limiter = await findCoreLimiter();
  // Next to this file once both are bundled into dist/, and there alone.
  const script = fileURLToPath(new URL('./spawner.cjs', import.meta.url));
  const flags = FLAGS.filter((flag) => process.allowedNodeEnvironmentFlags.has(flag.replace(/=.*/, '')));
  const command = withoutCores({ file: process.execPath, args: [...flags, script, path] }, limiter);
  const child = spawnCovered({ ...command, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] }, '/');
  if ('error' in child) throw child.error;
  const channel = [...child.stdio][CHANNEL_FD];
  if (!(channel instanceof Socket)) throw new Error('the channel is no socket');
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  await new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', reject);
  });
  // It has nothing to say there.
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { child, channel };
}
