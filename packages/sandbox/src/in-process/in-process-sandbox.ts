import { abortLineOf, CONFINEMENTS, settledWith } from '@kb-labs/contracts';
import type {
  Confinement,
  ConfinementReport,
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
import { createShapes } from './shapes.js';
import { createTaintAlarm } from './taint-alarm.js';
import type { TaintAlarm } from './taint-alarm.js';

/**
 * Runs handlers in the host's own process: for trusted plugins, tests and development. It confines nothing. A timeout or an abort ends
 * the *call*; what the handler goes on doing cannot be stopped, only its `ctx` is taken away. `console.*` stays the host's own, and
 * modules are loaded once and shared by all runs. A run during which built-in objects changed (`Object.prototype`, `Promise` and their like)
 * says so in its logs and in `metrics.leaked`, and the process is warned.
 */
export function inProcessSandbox(): SandboxAdapter {
  const alarm = createTaintAlarm();
  // As many modules as the host has named, each of which Node holds as well.
  const load = rememberModules(importModule);
  const surroundings = { load, shapes: createShapes(), deadlines: createDeadlines() };
  return {
    name: 'in-process',
    confines: () => CLAIMS,
    acquire: (plan) => (isRefused(plan) ? refuse(plan) : settledWith(openPlace(plan, surroundings, alarm))),
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

function openPlace(plan: SandboxPlan, surroundings: DirectSurroundings, alarm: TaintAlarm): Sandbox {
  let latest: DirectRun | undefined;
  return {
    confinement: REPORT,
    coldStart: true,
    run(call, host) {
      const run = createDirectRun({ plan, call, host }, surroundings);
      latest = run;
      return alarm.during(host, () => run.start());
    },
    [Symbol.asyncDispose]() {
      latest?.drop();
      return CLOSED;
    },
  };
}
