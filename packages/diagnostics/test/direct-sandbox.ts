import { pathToFileURL } from 'node:url';
import { CONFINEMENTS, createAbortError, createError, isPluginError } from '@kb-labs/contracts';
import type {
  Confinement,
  ConfinementReport,
  GuestError,
  SandboxAdapter,
  SandboxCall,
  SandboxHost,
  SandboxOutcome,
  SandboxPlan,
} from '@kb-labs/contracts';

const USAGE = { cpuMs: undefined, peakMemoryBytes: undefined, outputBytes: 0, resultBytes: 0, leaked: [] };

/** Runs handlers in this process, over copies, with what an adapter owes and nothing more: no walls, and of schemas those of artifacts. */
export function directSandbox(plans: SandboxPlan[] = []): SandboxAdapter {
  return {
    name: 'direct',
    confines: () => Promise.resolve(REPORT.firmness),
    acquire: (plan) => {
      plans.push(plan);
      return Promise.resolve({
        confinement: REPORT,
        coldStart: true,
        run: (call: SandboxCall, host: SandboxHost) => run(call, host, plan),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function forAll<Value>(value: Value): Readonly<Record<Confinement, Value>> {
  // Object.fromEntries forgets which keys it was given; CONFINEMENTS holds each of them.
  return Object.fromEntries(CONFINEMENTS.map((name) => [name, value])) as Record<Confinement, Value>;
}

const REPORT: ConfinementReport = { adapter: 'direct', firmness: forAll('none'), by: forAll('nothing') };

async function run(call: SandboxCall, host: SandboxHost, plan: SandboxPlan): Promise<SandboxOutcome> {
  const ending = new AbortController();
  const signal = AbortSignal.any([call.signal, ending.signal, AbortSignal.timeout(plan.limits.timeoutMs)]);
  const ended = new Promise<never>((_, reject) => {
    const end = (): void => reject(createAbortError('the run ended', signal));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  ended.catch(() => undefined); // Nobody may be waiting for the end any more.
  try {
    const module: unknown = await import(pathToFileURL(call.handler.file).href);
    const handler: unknown = Reflect.get(Object(module), call.handler.export);
    if (typeof handler !== 'function') throw createError('ERR_HANDLER_NOT_FOUND', 'no such export');
    const lent = contextOf(call, host, { signal, env: plan.env });
    const value: unknown = await Promise.race([handler(structuredClone(call.input), lent), ended]);
    if (!(await fitsParts(value, call.outputParts))) {
      return failed(createError('ERR_OUTPUT_INVALID', 'a part does not fit'), undefined, 'output');
    }
    return { ok: true, value: structuredClone(value), usage: USAGE };
  } catch (thrown) {
    if (signal.aborted) return failed(createAbortError('the run ended', signal), undefined);
    if (isPluginError(thrown) && thrown.code === 'ERR_HANDLER_NOT_FOUND') return failed(thrown, undefined);
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    const error = { name, message, code: undefined, hint: undefined, stack: undefined, cause: undefined };
    return failed(createError('ERR_HANDLER_FAILED', message), { ...error, errors: [], truncated: false });
  } finally {
    ending.abort();
  }
}

function failed(
  error: Extract<SandboxOutcome, { ok: false }>['error'],
  guestError: GuestError | undefined,
  phase: 'handler' | 'output' = 'handler',
): SandboxOutcome {
  return { ok: false, error, guestError, phase, usage: USAGE };
}

/** Members alone, one below the other. */
async function fitsParts(value: unknown, parts: SandboxCall['outputParts']): Promise<boolean> {
  for (const { pointer, schema } of parts) {
    const module: unknown = await import(pathToFileURL(schema.file).href);
    const { '~standard': standard } = Object(Reflect.get(Object(module), schema.export));
    const part = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => Reflect.get(Object(at), key), value);
    if ('issues' in (await standard.validate(part))) return false;
  }
  return true;
}

interface Lent {
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
}

function contextOf({ api }: SandboxCall, host: SandboxHost, { signal, env }: Lent): object {
  const ctx: Record<string, Record<string, unknown>> = {
    env: { ...env },
    log: {
      info: (text: string, fields = {}) => host.note({ kind: 'log', level: 'info', source: 'log', text, fields }),
    },
  };
  for (const name of api) {
    const [group = '', member = ''] = name.split('.');
    ctx[group] = {
      ...ctx[group],
      [member]: async (...args: unknown[]) => structuredClone(await host.call(name, structuredClone(args), signal)),
    };
  }
  return ctx;
}
