import { CONFINEMENTS, createError } from '@kb-labs/contracts';
import type {
  Confinement,
  ConfinementReport,
  Firmness,
  Sandbox,
  SandboxAdapter,
  SandboxPlan,
} from '@kb-labs/contracts';
import { abortError } from '../wire/abort-error.js';
import { serveGuest } from '../wire/guest-peer.js';
import { importModule } from '../wire/import-module.js';
import { assertOwnGuest } from '../wire/own-guest.js';
import { createSession } from '../wire/session.js';
import { createSettled } from '../wire/waiting.js';
import { connectInMemory } from './memory-transport.js';
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
  return {
    name: 'in-process',
    confines: () => Promise.resolve(REPORT.firmness),
    acquire: async (plan) => {
      if (plan.signal.aborted) throw abortError(plan.signal);
      assertOwnGuest(plan, 'in-process');
      return await createPlace(plan, alarm);
    },
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

async function createPlace(plan: SandboxPlan, alarm: TaintAlarm): Promise<Sandbox> {
  const { host, guest } = connectInMemory();
  const left = createSettled<true>();
  const kill = (): void => {
    guest.close();
    left.settle(true);
  };
  const session = createSession({
    transport: host,
    plan,
    stays: false,
    lifeline: {
      terminate: kill,
      quit: () => Promise.resolve(kill()),
      gone: left.promise.then(() => createError('ERR_SANDBOX_CRASHED', 'the in-process guest was ended')),
      usage: () => ({ cpuMs: undefined, peakMemoryBytes: undefined }),
    },
  });
  serveGuest({
    transport: guest,
    load: importModule,
    prepare: () => undefined,
    leave: () => undefined,
    leaked: () => [],
  });
  await session.start();
  return {
    confinement: REPORT,
    coldStart: true,
    run: (call, lender) => alarm.during(lender, () => session.run(call, lender)),
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}
