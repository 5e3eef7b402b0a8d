import type { InvokePort } from '@kb-labs/contracts';
import { parseInvokeTarget } from '@kb-labs/permissions';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { createCallSignal } from '../call-signal.js';
import type { Gate } from '../gate.js';
import { throwIfStopped } from '../host-function.js';
import type { HostFunctions } from '../host-function.js';

/** What invoking needs of the host. */
export interface InvokeFunctionsOptions {
  readonly gate: Gate;
  readonly port: InvokePort;
}

const callArguments = z.tuple([
  z.strictObject({
    target: z.string().max(1_024),
    input: z.unknown().optional(),
    timeoutMs: z.int().min(1).max(2_147_483_647).optional(),
  }),
]);

/**
 * `invoke.call({ target, input, timeoutMs })`: the output of a handler of another plugin. Here id and handler are decided on; whether the
 * version that is found may be invoked, how deep and with what authority, is decided behind the port.
 */
export function createInvokeFunctions({ gate, port }: InvokeFunctionsOptions): HostFunctions {
  return {
    'invoke.call': async (args, context) => {
      const [{ target: text, input, timeoutMs }] = parseArguments('invoke.call', callArguments, args);
      throwIfStopped(context);
      const target = parseInvokeTarget(text);
      gate.admit({ kind: 'invoke', target, version: undefined }, 'invoke');
      gate.meter.reserve('maxInvokes', 1).commit();
      using call = createCallSignal(context);
      const { signal } = call;
      const parentSpanId = context.spanId;
      // Not until the abort, but until the other run has ended: nothing that a run set off outlives it.
      return await port.invoke({ target, input, timeoutMs, parentSpanId, signal });
    },
  };
}
