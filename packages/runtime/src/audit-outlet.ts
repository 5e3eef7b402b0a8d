import { createError, isPluginError } from '@kb-labs/contracts';
import type { AuditSink } from '@kb-labs/contracts';

/** Sees to it that decisions are kept, where the host requires it. */
export interface AuditOutlet {
  /** Throws `ERR_AUDIT_UNAVAILABLE` where decisions could not be kept now. */
  assertReady(): Promise<void>;
  /** Throws `ERR_AUDIT_UNAVAILABLE` where decisions of this execution are lost. */
  assertKept(executionId: string): Promise<void>;
  /** Tells the sink that an execution has ended without anybody asking what became of its decisions. */
  release(executionId: string): Promise<void>;
}

/** A sink answers within this time, or counts as gone: no run waits for it for ever. */
const ANSWER_MS = 5_000;

/** Asks the sink where it is required; `undefined` where nobody needs to be asked. */
export function createAuditOutlet(sink: AuditSink | undefined, required: boolean): AuditOutlet | undefined {
  if (sink === undefined || !required) return undefined;
  const assertKept = (executionId: string): Promise<void> => answered(() => sink.flush(executionId));
  return {
    assertReady: () => answered(() => sink.ready()),
    assertKept,
    async release(executionId) {
      try {
        await assertKept(executionId);
      } catch {
        // The run has failed already, and for a reason of its own.
      }
    },
  };
}

async function answered(ask: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Not let go of by the process: whoever waits for the run is owed its error, also where nothing else goes on.
    timer = setTimeout(() => reject(unavailable(`it has not answered within ${ANSWER_MS} ms`, undefined)), ANSWER_MS);
  });
  try {
    await Promise.race([ask(), late]);
  } catch (cause) {
    if (isPluginError(cause) && cause.code === 'ERR_AUDIT_UNAVAILABLE') throw cause;
    throw unavailable('it has failed', cause);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(problem: string, cause: unknown): Error {
  return createError('ERR_AUDIT_UNAVAILABLE', `the audit sink cannot keep decisions: ${problem}`, {
    hint: 'see to the sink, or leave auditRequired out',
    cause,
  });
}
