import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const appFolder: string = join(import.meta.dirname, '..');

export interface DemoRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line as a process of its own, with whatever it has written so far. */
export interface DemoProcess {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<DemoRun>;
}

export function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): DemoProcess {
  const child = spawn(process.execPath, [join(appFolder, 'dist/main.js'), ...args], {
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  }
  const ended = once(child, 'close').then(([code]: readonly unknown[]) => ({
    code: typeof code === 'number' ? code : null,
    ...texts,
  }));
  return { child, stderr: () => texts.stderr, ended };
}

export function runDemoProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<DemoRun> {
  return startDemo(args, env).ended;
}

/** Every process below this one, as `/proc` has it at this moment. */
export function descendantsOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const below = (parent: number): readonly number[] =>
    parents.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

export function isAlive(pid: number): boolean {
  try {
    // The state follows the name, which stands in brackets; a zombie is gone but for its parent's word.
    return !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such process.
    return false;
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const parent = /\) \S (\d+) /u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    // It has ended while we looked.
    return undefined;
  }
}
