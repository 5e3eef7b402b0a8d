import type { ArtifactWriteOptions, GuestArtifactInfo } from '@kb-labs/contracts';
import { givenOptions, parseArguments } from '../arguments.js';
import { createCallSignal, onStop, untilAborted } from '../call-signal.js';
import { charge } from '../charge.js';
import { createAbortedError, throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunctions } from '../host-function.js';
import { ARTIFACT_ARGUMENTS } from './artifact-arguments.js';
import { lookBefore, recordWritten } from './artifact-change.js';
import type { ArtifactSession } from './artifact-session.js';
import { decideByBroker } from './broker-decision.js';
import { toGuestInfo } from './guest-info.js';
import { OpenWrite } from './open-write.js';

/** Writing, whole and piece by piece. An artifact counts as one of `maxArtifacts`, its bytes as `maxArtifactBytes`. */
export function createWriteFunctions(session: ArtifactSession): HostFunctions {
  return {
    'artifacts.write': async (args, context) => {
      const [uri, bytes, options] = parseArguments('artifacts.write', ARTIFACT_ARGUMENTS.write, args);
      return write(session, { uri, bytes, options: givenOptions(options) }, context);
    },
    'artifacts.openWrite': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.openWrite', ARTIFACT_ARGUMENTS.openWrite, args);
      return openWrite(session, { uri, options: givenOptions(options) }, context);
    },
    'artifacts.writeChunk': async (args, context) => {
      const [id, bytes] = parseArguments('artifacts.writeChunk', ARTIFACT_ARGUMENTS.chunk, args);
      await writeChunk(session, { id, bytes }, context);
    },
    'artifacts.closeWrite': async (args, context) => {
      const [id, commit] = parseArguments('artifacts.closeWrite', ARTIFACT_ARGUMENTS.closeWrite, args);
      return commit ? commitWrite(session, id, context) : discardWrite(session, id);
    },
  };
}

/** What is to be written where. */
interface Content {
  readonly uri: string;
  readonly bytes: Uint8Array;
  readonly options: ArtifactWriteOptions;
}

async function write(session: ArtifactSession, content: Content, context: CallContext): Promise<GuestArtifactInfo> {
  const { access, gate } = session;
  const { uri, bytes, options } = content;
  throwIfStopped(context);
  using one = charge(gate.meter, 'maxArtifacts', 1);
  using size = charge(gate.meter, 'maxArtifactBytes', bytes.byteLength);
  using call = createCallSignal(context);
  const { signal } = call;
  const before = await lookBefore(session, uri, { ...options, signal });
  const info = await decideByBroker(gate, { operation: 'write', uri }, () =>
    access.writeStream(uri, bytes, { ...options, signal }),
  );
  one.commit();
  size.commit();
  recordWritten(session, { name: 'artifacts.write', target: uri }, { before, info });
  return toGuestInfo(info);
}

async function openWrite(
  session: ArtifactSession,
  content: Omit<Content, 'bytes'>,
  context: CallContext,
): Promise<number> {
  throwIfStopped(context);
  const place = session.writes.take();
  try {
    const opening = new OpenWrite(session, content);
    using _ = onStop(context, (error) => void opening.discard(error));
    using call = createCallSignal(context);
    try {
      await untilAborted(opening.opened, call.signal);
      throwIfStopped(context);
    } catch (error) {
      // The end of the run waits for the calls that are under way, so nothing of this one is left behind it.
      if (context.closing.aborted) await opening.discard(error);
      throw error;
    }
    place.keep(opening);
    return place.id;
  } finally {
    place.free();
  }
}

async function writeChunk(
  session: ArtifactSession,
  { id, bytes }: { readonly id: number; readonly bytes: Uint8Array },
  context: CallContext,
): Promise<void> {
  await withOpen(session, { id, context }, (open) => open.write(bytes));
}

async function commitWrite(session: ArtifactSession, id: number, context: CallContext): Promise<GuestArtifactInfo> {
  return withOpen(session, { id, context }, async (open) => {
    const { uri, options } = open.target;
    const { info, before } = await open.commit((signal) => lookBefore(session, uri, { ...options, signal }));
    session.writes.remove(id);
    recordWritten(session, { name: 'artifacts.closeWrite', target: uri }, { before, info });
    return toGuestInfo(info);
  });
}

/** Half an artifact is of no use, so whatever fails on the way throws all of it away. A call out of turn harms nothing. */
async function withOpen<Result>(
  { writes }: ArtifactSession,
  { id, context }: { readonly id: number; readonly context: CallContext },
  work: (open: OpenWrite) => Promise<Result>,
): Promise<Result> {
  throwIfStopped(context);
  const open = writes.find(id);
  open.assertIdle();
  using _ = onStop(context, (error) => void open.discard(error));
  try {
    return await work(open);
  } catch (error) {
    writes.remove(id);
    await open.discard(error);
    throw error;
  }
}

async function discardWrite(session: ArtifactSession, id: number): Promise<undefined> {
  const open = session.writes.peek(id);
  session.writes.remove(id);
  await open?.discard(createAbortedError());
  return undefined;
}
