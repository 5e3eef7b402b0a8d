import { createAbortError, createError } from '@kb-labs/contracts';
import type { GuestError, PluginError, SandboxCall } from '@kb-labs/contracts';
import type { BundledModule } from '../thread-facts.js';
import { HINTS } from './bundle-words.js';
import type { BundleFailure, BundleReply } from './bundle-words.js';
import { startBundlerThread } from './bundler-host.js';
import type { BundlerThread } from './bundler-host.js';
import { BUNDLE_NAME, filesOf, GUEST_ROOT, toGuestPath } from './guest-paths.js';

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
  let shared: BundlerThread | undefined;
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
      shared ??= start();
      const thread = shared;
      const first = await askThread(thread, options, maxSourceBytes);
      if (!hasStopped(first)) return toBundled(first);
      if (shared === thread) shared = undefined;
      // The bundler ended under one of those who used it. Alone with it, it shows who that was.
      const own = start();
      try {
        const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - begun));
        return toBundled(await askThread(own, { ...options, timeoutMs }, maxSourceBytes));
      } finally {
        own.end();
      }
    },
    async dispose() {
      const all = [...threads];
      for (const thread of all) thread.end();
      await Promise.all(all.map(({ gone }) => gone));
    },
  };
}

async function askThread(
  thread: BundlerThread,
  { root, call, timeoutMs, limitMs }: BundleOptions,
  maxSourceBytes: number,
): Promise<Answer> {
  const { signal } = call;
  const files = Object.fromEntries(filesOf(call).map((file) => [toGuestPath(file, root), file]));
  const late = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => late.resolve({ failed: startTimeout(limitMs) }), timeoutMs);
  const onAbort = (): void =>
    late.resolve({ failed: createAbortError('the run was aborted while its code was bundled', signal) });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const asked = thread.ask({ root, files, maxSourceBytes });
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
