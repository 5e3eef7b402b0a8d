import { refuse } from './refuse.js';

/**
 * Takes away what a handler has no use for and an attacker would start with. A guard, not a wall: code that was loaded with a native
 * bug in hand is not stopped here but by the namespace around it.
 */
export function removeBackDoors(): void {
  const v8 = process.getBuiltinModule('node:v8');
  // Natives syntax and heap flags turn a script into a memory corruption kit. `--freeze-flags-after-init` costs 6 to 9 ms at every start.
  refuse(v8, 'setFlagsFromString', 'changing V8 flags');
  // Without an OS wall any process of the same user can be slowed down, the host among them.
  refuse(process.getBuiltinModule('node:os'), 'setPriority', 'changing priorities');
  // Signals to the parent would end the host, or open its inspector (SIGUSR1, nodejs/node#62537); the handles are those of the channel.
  for (const name of ['kill', '_kill', '_debugProcess', '_getActiveHandles', '_getActiveRequests'] as const) {
    if (name in process) refuse(process, name, `process.${name}`);
  }
}
