import { abortLineOf, CONFINEMENTS, settledWith } from '@kb-labs/contracts';
import type {
  AbortLine,
  Confinement,
  ConfinementReport,
  DirectSandbox,
  Firmness,
  Sandbox,
  SandboxAdapter,
  SandboxPlan,
} from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { createDeadlines } from '../wire/deadlines.js';
import { importModule } from '../wire/import-module.js';
import { assertOwnGuest } from '../wire/own-guest.js';
import { rememberModules } from '../wire/preload.js';
import { createDirectRun } from './direct-run.js';
import type { DirectRun, DirectSurroundings } from './direct-run.js';
import { createKnownHandlers } from './known-handlers.js';
import { createShapes } from './shapes.js';
import { createTaintAlarm } from './taint-alarm.js';

/**
 * Runs handlers in the host's own process: for trusted plugins, tests and development. It confines nothing. A timeout or an abort ends
 * the *call*; what the handler goes on doing cannot be stopped, only its `ctx` is taken away. One that answers late, because it or the
 * host has held the thread, ends with `ERR_TIMEOUT` as well. `console.*` stays the host's own, and modules are loaded once and shared by
 * all runs. A run during which built-in objects changed (`Object.prototype`, `Promise` and their like) says so in its logs and in
 * `metrics.leaked`, and the process is warned.
 */
export function inProcessSandbox(): SandboxAdapter & DirectSandbox {
  // As many modules as the host has named, each of which Node holds as well.
  const handlers = createKnownHandlers(rememberModules(importModule));
  const surroundings = {
    handlers,
    shapes: createShapes(),
    deadlines: createDeadlines(),
    alarm: createTaintAlarm(),
  };
  return {
    name: 'in-process',
    confinement: REPORT,
    confines: () => CLAIMS,
    acquire: (plan) => (isRefused(plan) ? refuse(plan) : settledWith(openPlace(plan, surroundings))),
    runAtOnce: (order) => createDirectRun(order, surroundings).start(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function forAll<Value>(value: Value): Readonly<Record<Confinement, Value>> {
  const entries = CONFINEMENTS.map((name): [Confinement, Value] => [name, value]);
  // Object.fromEntries forgets which keys it was given; CONFINEMENTS holds each of them.
  return Object.freeze(Object.fromEntries(entries) as Record<Confinement, Value>);
}

const REPORT: ConfinementReport = Object.freeze({
  adapter: 'in-process',
  firmness: forAll<Firmness>('none'),
  by: forAll('nothing: the handler runs in the host'),
});

const CLAIMS = settledWith(REPORT.firmness);
const CLOSED = settledWith<void>(undefined);

function isRefused(plan: SandboxPlan): boolean {
  return (abortLineOf(plan) ?? plan.signal).aborted || plan.isolation.kind !== 'execution';
}

async function refuse(plan: SandboxPlan): Promise<never> {
  assertOwnGuest(plan, 'in-process');
  throw abortError(plan.signal);
}

function openPlace({ plugin, env, limits }: SandboxPlan, surroundings: DirectSurroundings): Sandbox {
  let latest: DirectRun | undefined;
  return {
    confinement: REPORT,
    coldStart: true,
    run(call, host) {
      const { handler, inputSchema, outputSchema, outputParts, api, input } = call;
      const task = { plugin, env, handler, inputSchema, outputSchema, outputParts, api };
      const line = abortLineOf(call) ?? lineOf(call.signal);
      const run = createDirectRun({ task, limits, input, line, host: () => host }, surroundings);
      latest = run;
      return run.start();
    },
    [Symbol.asyncDispose]() {
      latest?.drop();
      return CLOSED;
    },
  };
}

/** For callers that have a signal alone. */
function lineOf(signal: AbortSignal): AbortLine {
  return {
    get aborted() {
      return signal.aborted;
    },
    get reason(): unknown {
      return signal.reason;
    },
    onAbort(listener) {
      const heard = (): void => listener();
      signal.addEventListener('abort', heard, { once: true });
      return () => signal.removeEventListener('abort', heard);
    },
  };
}
