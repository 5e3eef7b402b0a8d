import type { SandboxHost, SandboxOutcome } from '@kb-labs/contracts';
import { watchBuiltIns } from './built-ins-watch.js';

/** Marks the runs during which built-in objects of the process changed, and warns the process. */
export interface TaintAlarm {
  /** What changed while several runs were under way is told of each of them: nobody can tell whose it was. */
  during(host: SandboxHost, run: () => Promise<SandboxOutcome>): Promise<SandboxOutcome>;
}

interface OpenRun {
  changed: string;
}

/** Makes the alarm. What has been changed by now, by a host's own polyfills say, is taken as it is. */
export function createTaintAlarm(): TaintAlarm {
  const builtIns = watchBuiltIns();
  const open = new Set<OpenRun>();
  const look = (): void => {
    const changed = builtIns.look();
    if (changed === '') return;
    for (const run of open) run.changed += run.changed === '' ? changed : `, ${changed}`;
    warn(changed, open.size);
  };
  return {
    async during(host, run) {
      look();
      const own: OpenRun = { changed: '' };
      open.add(own);
      let outcome: SandboxOutcome;
      try {
        outcome = await run();
        look();
      } finally {
        open.delete(own);
      }
      if (own.changed === '') return outcome;
      const text = `built-in objects of the host changed during this run: ${own.changed}`;
      host.note({ kind: 'log', level: 'error', source: 'sandbox', text, fields: { tainted: true } });
      const leaked = [...outcome.usage.leaked, `changed built-ins: ${own.changed}`];
      return { ...outcome, usage: { ...outcome.usage, leaked } };
    },
  };
}

/** Everything in the process is concerned, and not the run alone: whoever listens to `process.on('warning')` can end it. */
function warn(changed: string, runs: number): void {
  const when = runs === 0 ? 'between two runs in this process' : 'while a handler ran in this process';
  process.emitWarning(`built-in objects changed ${when}: ${changed}`, {
    type: 'PluginTaintWarning',
    code: 'KB_BUILT_INS_CHANGED',
    detail: 'Nothing in this process can be relied on any more. Run plugins that are not trusted in another sandbox.',
  });
}
