import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxLimits, SandboxUsage } from '@kb-labs/contracts';
import { within } from './waiting.js';

/** What an adapter can do to a guest, and know of it, from outside. */
export interface GuestLifeline {
  /** Asks it to go, as SIGTERM does. May do nothing. */
  terminate(): void;
  /** Ends it by force, whatever it does. Resolves when no code of it can run any more, and all that it sent has been received. */
  quit(): Promise<void>;
  /** Resolves when nothing of the guest is left, which may be after `quit` has; says how a guest ended that was not told to. */
  readonly gone: Promise<PluginError>;
  /** What it has used up to now. */
  usage(): Pick<SandboxUsage, 'cpuMs' | 'peakMemoryBytes'>;
}

/** Why a guest must end, or has ended. */
export interface GuestFall {
  /** `force`: at once. `ask`: it may leave by itself first. `closed`: its channel has ended, so its exit should follow. */
  readonly kind: 'ask' | 'force' | 'closed';
  readonly error: PluginError;
  /** The run that has brought it about, where that is known. */
  readonly run: number | undefined;
}

/** The end of one guest, whoever brings it about. */
export interface GuestFate {
  /** The first reason counts. */
  readonly fallen: GuestFall | undefined;
  fall(reason: GuestFall): void;
  /** Calls back once, at once if it has fallen already. Returns what takes the listener away. */
  onFall(listen: (reason: GuestFall) => void): () => void;
  /** Ends it, in the way that the reason asks for, and resolves with the reason that stands once no code of it can run. */
  end(): Promise<GuestFall>;
}

type HeardAll = () => Promise<void> | undefined;

/** A guest that does not go on SIGTERM has this long, or `graceMs` if that is less. */
const SIGTERM_GRACE_MS = 50;
/** Between the end of the channel and the exit of its process. */
const EXIT_AFTER_CLOSE_MS = 250;

/** Watches a guest from its start to its end. `heardAll` resolves once all that has arrived of its words was heard. */
export function watchFate(lifeline: GuestLifeline, { graceMs }: SandboxLimits, heardAll: HeardAll): GuestFate {
  const listeners = new Set<(reason: GuestFall) => void>();
  let fallen: GuestFall | undefined;
  let ending: Promise<GuestFall> | undefined;

  const fall = (reason: GuestFall): void => {
    if (fallen !== undefined) return;
    fallen = reason;
    for (const listen of listeners) listen(reason);
    listeners.clear();
  };
  const end = async (reason: GuestFall): Promise<GuestFall> => {
    fall(reason);
    const { kind } = reason;
    let exit: PluginError | undefined;
    if (kind === 'ask') lifeline.terminate();
    if (kind === 'ask') await within(Math.min(graceMs, SIGTERM_GRACE_MS), lifeline.gone);
    if (kind === 'closed') exit = await within(EXIT_AFTER_CLOSE_MS, lifeline.gone);
    await lifeline.quit();
    return exit === undefined ? reason : { ...reason, error: exit };
  };
  void lifeline.gone.then(async (error) => {
    // Its result may be among the words that wait.
    await heardAll();
    fall({ kind: 'force', error, run: undefined });
  });

  return {
    get fallen() {
      return fallen;
    },
    fall,
    onFall(listen) {
      if (fallen === undefined) listeners.add(listen);
      else listen(fallen);
      return () => listeners.delete(listen);
    },
    end() {
      ending ??= end(fallen ?? regularEnd());
      return ending;
    },
  };
}

/** Made for whoever asks: nobody does, as a rule, and to look at the stack takes a tenth of a run in a process that was ready. */
function regularEnd(): GuestFall {
  let made: PluginError | undefined;
  return {
    kind: 'force',
    get error() {
      return (made ??= createError('ERR_SANDBOX_CRASHED', 'the guest has been ended'));
    },
    run: undefined,
  };
}
