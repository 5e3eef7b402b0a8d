import type { ArtifactWriteOptions, GuestArtifactInfo } from '@kb-labs/contracts';
import { givenOptions, parseArguments } from '../arguments.js';
import { createCallSignal } from '../call-signal.js';
import { charge, left } from '../charge.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunctions } from '../host-function.js';
import { ARTIFACT_ARGUMENTS } from './artifact-arguments.js';
import { lookBefore, recordDeleted, recordWritten } from './artifact-change.js';
import type { ArtifactSession } from './artifact-session.js';
import { decideByBroker } from './broker-decision.js';
import { toGuestInfo } from './guest-info.js';

/** Deleting, and copying without the bytes passing through the guest. */
export function createChangeFunctions(session: ArtifactSession): HostFunctions {
  const { access, gate } = session;
  return {
    'artifacts.delete': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.delete', ARTIFACT_ARGUMENTS.delete, args);
      throwIfStopped(context);
      using call = createCallSignal(context);
      const before = await lookBefore(session, uri, call);
      const isGone = await decideByBroker(gate, { operation: 'delete', uri }, () =>
        access.delete(uri, givenOptions(options)),
      );
      if (isGone) recordDeleted(session, uri, before);
      return isGone;
    },
    'artifacts.copy': async (args, context) => {
      const [from, to, options] = parseArguments('artifacts.copy', ARTIFACT_ARGUMENTS.copy, args);
      return copy(session, { from, to, options: givenOptions(options) }, context);
    },
  };
}

interface Copy {
  readonly from: string;
  readonly to: string;
  readonly options: ArtifactWriteOptions;
}

/** Its bytes count as read and as written: what the source has now is the most that the copy may have. */
async function copy(
  session: ArtifactSession,
  { from, to, options }: Copy,
  context: CallContext,
): Promise<GuestArtifactInfo> {
  const { access, gate } = session;
  throwIfStopped(context);
  using call = createCallSignal(context);
  const { signal } = call;
  const source = await decideByBroker(gate, { operation: 'read', uri: from }, () => access.stat(from, { signal }));
  // Where nothing stands, the copy will fail; should something come in between, it may be as large as the quota.
  const size = source?.bytes ?? Math.min(left(gate.meter, 'maxArtifactBytes'), left(gate.meter, 'maxBytesRead'));
  using one = charge(gate.meter, 'maxArtifacts', 1);
  using written = charge(gate.meter, 'maxArtifactBytes', size);
  using read = charge(gate.meter, 'maxBytesRead', size);
  const before = await lookBefore(session, to, { ...options, signal });
  const maxBytes = Math.min(options.maxBytes ?? size, size);
  const info = await decideByBroker(gate, { operation: 'write', uri: to }, () =>
    access.copy(from, to, { ...options, maxBytes, signal }),
  );
  one.commit();
  written.commit(info.bytes);
  read.commit(info.bytes);
  recordWritten(session, { name: 'artifacts.copy', target: from, destination: to }, { before, info });
  return toGuestInfo(info);
}
