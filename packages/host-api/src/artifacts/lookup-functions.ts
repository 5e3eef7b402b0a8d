import { createError } from '@kb-labs/contracts';
import { givenOptions, parseArguments } from '../arguments.js';
import { createCallSignal, untilAborted } from '../call-signal.js';
import { throwIfStopped } from '../host-function.js';
import type { HostFunctions } from '../host-function.js';
import { ARTIFACT_ARGUMENTS } from './artifact-arguments.js';
import type { ArtifactSession } from './artifact-session.js';
import { decideByBroker } from './broker-decision.js';
import { toGuestInfo } from './guest-info.js';

/** A message takes 1 MiB of JSON, and this is not all that is in it. */
const MAX_LIST_BYTES = 1_000_000;

/** What tells of artifacts without reading them. Each one that `artifacts.list` names counts as `maxEntriesRead`. */
export function createLookupFunctions(session: ArtifactSession): HostFunctions {
  const { access, gate, maxMessageBytes } = session;
  return {
    'artifacts.stat': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.stat', ARTIFACT_ARGUMENTS.stat, args);
      throwIfStopped(context);
      using call = createCallSignal(context);
      const { signal } = call;
      const info = await decideByBroker(gate, { operation: 'stat', uri }, () =>
        untilAborted(access.stat(uri, { ...givenOptions(options), signal }), signal),
      );
      return info === undefined ? undefined : toGuestInfo(info);
    },
    'artifacts.list': async (args, context) => {
      const [query] = parseArguments('artifacts.list', ARTIFACT_ARGUMENTS.list, args);
      throwIfStopped(context);
      using call = createCallSignal(context);
      const { signal } = call;
      const uri = `artifact://${query?.from ?? 'self'}/${query?.glob ?? '**'}`;
      const infos = await decideByBroker(gate, { operation: 'list', uri }, () =>
        untilAborted(access.list({ ...givenOptions(query), signal }), signal),
      );
      gate.meter.reserve('maxEntriesRead', infos.length).commit();
      const answer = infos.map(toGuestInfo);
      requireFits(Buffer.byteLength(JSON.stringify(answer)), Math.min(maxMessageBytes, MAX_LIST_BYTES));
      return answer;
    },
    'artifacts.wait': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.wait', ARTIFACT_ARGUMENTS.wait, args);
      throwIfStopped(context);
      using call = createCallSignal(context);
      const { signal } = call;
      const info = await decideByBroker(gate, { operation: 'stat', uri }, () =>
        untilAborted(access.wait(uri, { ...givenOptions(options), signal }), signal),
      );
      return toGuestInfo(info);
    },
  };
}

function requireFits(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw createError('ERR_OUTPUT_EXCEEDED', `the list has ${bytes} bytes, and one answer may have ${maxBytes}`, {
    details: { used: bytes, limit: maxBytes },
    hint: 'ask for fewer with glob or limit',
  });
}
