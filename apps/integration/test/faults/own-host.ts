import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A host in a process of its own, which tests may limit, stop and kill. It tells what it does line by line, as JSON. */
export interface OwnHost extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The next line of this kind; fails where the host ends before. Lines of other kinds are passed over. */
  next(kind: string): Promise<Readonly<Record<string, unknown>>>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** What the host's Node is started by, such as a shell that sets limits. Without it, Node is started as it is. */
export type Launcher = (command: readonly string[]) => readonly string[];

/** Starts `hosts/<name>.mjs` with arguments. It is killed when it is disposed. */
export function startOwnHost(
  name: string,
  args: readonly string[] = [],
  launch: Launcher = (command) => command,
): OwnHost {
  const script = fileURLToPath(new URL(`hosts/${name}.mjs`, import.meta.url));
  const [file = '', ...rest] = launch([process.execPath, script, ...args]);
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) =>
    typeof code === 'number' ? code : String(signal),
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    ended,
    async next(kind) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`the host ended (${await ended}) before it said "${kind}"`);
        const said: unknown = JSON.parse(value);
        if (typeof said === 'object' && said !== null && 'kind' in said && said.kind === kind) return { ...said };
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
