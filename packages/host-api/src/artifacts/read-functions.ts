import { createError } from '@kb-labs/contracts';
import type { GuestArtifactInfo, StoredArtifact } from '@kb-labs/contracts';
import { givenOptions, parseArguments } from '../arguments.js';
import { onStop } from '../call-signal.js';
import { createAbortedError, throwIfStopped } from '../host-function.js';
import type { CallContext, HostFunctions } from '../host-function.js';
import { joinBytes } from '../join-bytes.js';
import { ARTIFACT_ARGUMENTS } from './artifact-arguments.js';
import type { ArtifactSession } from './artifact-session.js';
import { decideByBroker } from './broker-decision.js';
import { toGuestInfo } from './guest-info.js';
import { createOpenRead, piecesOf } from './open-read.js';

/** What one `artifacts.readChunk` gives at most: so many bytes cost one message, and a run has only so many. */
const CHUNK_BYTES = 262_144;

/** Reading, whole and piece by piece. What is read counts as `maxBytesRead`. */
export function createReadFunctions(session: ArtifactSession): HostFunctions {
  return {
    'artifacts.read': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.read', ARTIFACT_ARGUMENTS.read, args);
      return readWhole(session, { uri, options: givenOptions(options) }, context);
    },
    'artifacts.openRead': async (args, context) => {
      const [uri, options] = parseArguments('artifacts.openRead', ARTIFACT_ARGUMENTS.read, args);
      return openRead(session, { uri, options: givenOptions(options) }, context);
    },
    'artifacts.readChunk': async (args, context) => {
      const [id] = parseArguments('artifacts.readChunk', ARTIFACT_ARGUMENTS.id, args);
      return readChunk(session, id, context);
    },
    'artifacts.closeRead': async (args) => {
      const [id] = parseArguments('artifacts.closeRead', ARTIFACT_ARGUMENTS.id, args);
      session.reads.peek(id)?.close(createAbortedError());
      session.reads.remove(id);
    },
  };
}

/** Which artifact to read, and from which version on. */
interface Wanted {
  readonly uri: string;
  readonly options: { readonly minVersion?: string };
}

interface ReadAnswer {
  readonly info: GuestArtifactInfo;
  readonly bytes: Uint8Array;
}

async function readWhole(session: ArtifactSession, wanted: Wanted, context: CallContext): Promise<ReadAnswer> {
  const { gate, maxMessageBytes } = session;
  throwIfStopped(context);
  const controller = new AbortController();
  using _ = onStop(context, (error) => controller.abort(error));
  const { info, body } = await find(session, wanted, controller.signal);
  requireFits(info.bytes, maxMessageBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(body, { meter: gate.meter, controller })) {
    size += piece.byteLength;
    requireFits(size, maxMessageBytes);
    chunks.push(piece);
  }
  return { info: toGuestInfo(info), bytes: joinBytes(chunks) };
}

async function openRead(
  session: ArtifactSession,
  wanted: Wanted,
  context: CallContext,
): Promise<{ readonly id: number; readonly info: GuestArtifactInfo }> {
  const { gate, maxMessageBytes, reads } = session;
  throwIfStopped(context);
  const place = reads.take();
  try {
    const controller = new AbortController();
    using _ = onStop(context, (error) => controller.abort(error));
    const { info, body } = await find(session, wanted, controller.signal);
    throwIfStopped(context);
    const chunkBytes = Math.min(CHUNK_BYTES, maxMessageBytes);
    place.keep(createOpenRead(body, { meter: gate.meter, controller, chunkBytes }));
    return { id: place.id, info: toGuestInfo(info) };
  } finally {
    place.free();
  }
}

/** Half an artifact is of no use, so whatever fails on the way ends the whole read. */
async function readChunk(
  { reads }: ArtifactSession,
  id: number,
  context: CallContext,
): Promise<Uint8Array | undefined> {
  throwIfStopped(context);
  const read = reads.find(id);
  using _ = onStop(context, (error) => read.close(error));
  let chunk: Uint8Array | undefined;
  try {
    chunk = await read.read();
    return chunk;
  } finally {
    if (chunk === undefined) reads.remove(id);
  }
}

function find(
  { gate, access }: ArtifactSession,
  { uri, options }: Wanted,
  signal: AbortSignal,
): Promise<StoredArtifact> {
  return decideByBroker(gate, { operation: 'read', uri }, () => access.readStream(uri, { ...options, signal }));
}

function requireFits(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw createError(
    'ERR_OUTPUT_EXCEEDED',
    `the artifact has ${bytes} bytes or more, and one answer may have ${maxBytes}`,
    { details: { used: bytes, limit: maxBytes }, hint: 'read it with readStream' },
  );
}
