import { createAbortError, createError } from '@kb-labs/contracts';
import type { GuestError, PluginError, SandboxCall } from '@kb-labs/contracts';
import type { BundledModule } from '../thread-facts.js';
import { HINTS } from './bundle-words.js';
import type { BundleFailure, BundleReply } from './bundle-words.js';
import { startBundlerThread } from './bundler-host.js';
import type { BundlerThread } from './bundler-host.js';
import { createTurns } from './turns.js';
import type { Turns } from './turns.js';
import { BUNDLE_NAME, filesOf, GUEST_ROOT, toGuestPath } from './guest-paths.js';

/** Of those who share a bundler: each may hold what is three times maxSourceBytes, and its map. */
const MAX_TOGETHER = 8;
/** Of those who have one of their own, with a process of esbuild that may hold 512 MiB. */
const MAX_ALONE = 2;

/** One call's code, and by when. Its signal calls it off. */
export interface BundleOptions {
  readonly root: string;
  readonly call: SandboxCall;
  /** What is left of `limitMs`. */
  readonly timeoutMs: number;
  readonly limitMs: number;
}

/** The code of one call as one module, or why it is none. */
export type Bundled =
  | { readonly ok: true; readonly module: BundledModule; readonly map: string }
  | { readonly ok: false; readonly error: PluginError; readonly guestError: GuestError | undefined };

/** Makes one module of a plugin's many, outside of the host's own thread and process. */
export interface Bundler {
  warmUp(): void;
  /** Never rejects. */
  bundle(options: BundleOptions): Promise<Bundled>;
  dispose(): Promise<void>;
}

/** Makes it. Nothing is started before it is needed. */
export function createBundler({ maxSourceBytes }: { readonly maxSourceBytes: number }): Bundler {
  const threads = new Set<BundlerThread>();
  const together = createTurns(MAX_TOGETHER);
  const alone = createTurns(MAX_ALONE);
  const askInTurn = (find: Asked['find'], turns: Turns, options: BundleOptions): Promise<Answer> =>
    askThread({ find, turns, maxSourceBytes }, options);
  let shared: BundlerThread | undefined;
  let disposed = false;
  const start = (): BundlerThread => {
    const thread = startBundlerThread();
    threads.add(thread);
    void thread.gone.then(() => {
      threads.delete(thread);
      if (shared === thread) shared = undefined;
    });
    return thread;
  };
  return {
    warmUp() {
      shared ??= start();
    },
    async bundle(options) {
      const begun = performance.now();
      let thread: BundlerThread | undefined;
      const atShared = (): BundlerThread | undefined => {
        if (disposed) return undefined;
        thread = shared ??= start();
        return thread;
      };
      const first = await askInTurn(atShared, together, options);
      if (!hasStopped(first)) return toBundled(first);
      if (shared === thread) shared = undefined;
      // The bundler ended under one of those who used it. Alone with it, it shows who that was.
      let own: BundlerThread | undefined;
      const atOwn = (): BundlerThread | undefined => (own = disposed ? undefined : start());
      try {
        const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - begun));
        return toBundled(await askInTurn(atOwn, alone, { ...options, timeoutMs }));
      } finally {
        own?.end();
      }
    },
    async dispose() {
      disposed = true;
      const all = [...threads];
      for (const thread of all) thread.end();
      await Promise.all(all.map(({ gone }) => gone));
    },
  };
}

/** Who is asked, once it is one's turn. */
interface Asked {
  /** Nobody, once the bundler is disposed. */
  readonly find: () => BundlerThread | undefined;
  readonly turns: Turns;
  readonly maxSourceBytes: number;
}

async function askThread(
  { find, turns, maxSourceBytes }: Asked,
  { root, call, timeoutMs, limitMs }: BundleOptions,
): Promise<Answer> {
  const { signal } = call;
  const files = Object.fromEntries(filesOf(call).map((file) => [toGuestPath(file, root), file]));
  const late = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => late.resolve({ failed: startTimeout(limitMs) }), timeoutMs);
  const onAbort = (): void =>
    late.resolve({ failed: createAbortError('the run was aborted while its code was bundled', signal) });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const turn = turns.take();
  try {
    const early = await Promise.race([turn.ready, late.promise]);
    if (early !== undefined) {
      turn.leave();
      return early;
    }
    const thread = find();
    if (thread === undefined) {
      turn.leave();
      return { failed: createError('ERR_SANDBOX_CRASHED', 'the sandbox was disposed before the run began') };
    }
    const asked = thread.ask({ root, files, maxSourceBytes });
    // A task that was called off has its turn until it has ended.
    void asked.reply.then(turn.leave);
    const answer = await Promise.race([asked.reply, late.promise]);
    if ('failed' in answer) asked.cancel();
    return answer;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

type Answer = BundleReply | { readonly failed: PluginError };

function hasStopped(answer: Answer): boolean {
  return 'ok' in answer && !answer.ok && answer.kind === 'stopped';
}

function startTimeout(limitMs: number): PluginError {
  return createError('ERR_START_TIMEOUT', `the handler's code was not bundled after ${limitMs} ms`, {
    details: { limitMs },
    hint: 'import less, or raise quotas.startTimeoutMs',
  });
}

function toBundled(answer: Answer): Bundled {
  if ('failed' in answer) return { ok: false, error: answer.failed, guestError: undefined };
  if (answer.ok) {
    return { ok: true, module: { name: `${GUEST_ROOT}/${BUNDLE_NAME}`, source: answer.source }, map: answer.map };
  }
  const guestError = answer.kind === 'syntax' ? syntaxError(answer) : undefined;
  return { ok: false, error: toError(answer), guestError };
}

function toError({ kind, message, at }: BundleFailure): PluginError {
  const where = at === undefined ? '' : ` (${at})`;
  switch (kind) {
    case 'missing':
    case 'package':
    case 'node':
      return createError('ERR_HANDLER_NOT_FOUND', `${message}${where}`, { hint: HINTS[kind] });
    case 'too-large':
      return createError('ERR_QUOTA_EXCEEDED', message, {
        hint: 'import less, or raise maxSourceBytes of quickjsSandbox',
      });
    case 'syntax':
      return createError('ERR_HANDLER_FAILED', `the handler failed: ${message}${where}`);
    case 'stopped':
      return createError('ERR_HANDLER_FAILED', 'the handler failed: its code cannot be bundled', {
        hint: 'look for code that nests without end: esbuild took more memory than it may',
      });
    default:
      return kind satisfies never;
  }
}

function syntaxError({ message, at }: BundleFailure): GuestError {
  return {
    name: 'SyntaxError',
    message,
    code: undefined,
    hint: undefined,
    stack: at === undefined ? undefined : `SyntaxError: ${message}\n    at ${at}`,
    cause: undefined,
    errors: [],
    truncated: false,
  };
}
