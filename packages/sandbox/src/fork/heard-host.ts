import type { SandboxHost } from '@kb-labs/contracts';

/** A host as a guest has it, and whether the guest has said anything. */
export interface HeardHost {
  readonly host: SandboxHost;
  readonly anything: () => boolean;
}

/** Notices whether a guest says anything, and hands it on. */
export function listenTo(host: SandboxHost): HeardHost {
  let anything = false;
  return {
    host: {
      call(name, args, signal) {
        anything = true;
        return host.call(name, args, signal);
      },
      note(note) {
        anything = true;
        host.note(note);
      },
    },
    anything: () => anything,
  };
}
