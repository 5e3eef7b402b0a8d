import { formatWithOptions } from 'node:util';
import type { LogLevel, LogSource } from '@kb-labs/contracts';
import type { GuestPeer } from '@kb-labs/sandbox/wire';

const CONSOLE_LEVELS = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
} as const satisfies Partial<Record<keyof Console, LogLevel>>;

/** Sends `console.*` over the channel, so that its lines keep their order and their level. Tables, groups and the rest use these six or stdout. */
export function captureConsole(peer: GuestPeer): void {
  for (const [method, level] of Object.entries(CONSOLE_LEVELS)) {
    const write = (...args: unknown[]): void => peer.log(level, 'console', formatLine(args));
    Object.defineProperty(console, method, { value: write, configurable: true, writable: true, enumerable: true });
  }
}

function formatLine(args: readonly unknown[]): string {
  try {
    return formatWithOptions({ colors: false }, ...args);
  } catch {
    // A hostile `inspect` or getter: a console call does not throw.
    return '[a value that cannot be shown]';
  }
}

/** Puts the channel behind `process.stdout` and `process.stderr`. Made on first use: a run that writes nothing loads no streams. */
export function captureStreams(peer: GuestPeer): void {
  for (const name of ['stdout', 'stderr'] as const) {
    let made: NodeJS.WritableStream | undefined;
    const get = (): NodeJS.WritableStream => (made ??= makeStream(peer, name));
    Object.defineProperty(process, name, { get, configurable: true, enumerable: true });
  }
}

function makeStream(peer: GuestPeer, source: LogSource & ('stdout' | 'stderr')): NodeJS.WritableStream {
  const { Writable } = process.getBuiltinModule('node:stream');
  const level = source === 'stdout' ? 'info' : 'error';
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, callback) {
      const text = chunk instanceof Uint8Array ? Buffer.from(chunk).toString('utf8') : String(chunk);
      peer.log(level, source, text.endsWith('\n') ? text.slice(0, -1) : text);
      callback();
    },
  });
}
