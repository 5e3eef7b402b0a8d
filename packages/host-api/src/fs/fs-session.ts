import { isPluginError } from '@kb-labs/contracts';
import type { CanonicalPath, FsOperation } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { OperationRecorder } from '../operation-recorder.js';
import type { FileTree } from './file-tree.js';
import { createIoError, errnoOf } from './io-error.js';
import { DiskRefusedError } from './open-directory.js';

/** What all file functions of one run share. */
export interface FsSession {
  readonly gate: Gate;
  readonly tree: FileTree;
  readonly recorder: OperationRecorder;
  /** Bytes that one answer may have. */
  readonly maxMessageBytes: number;
}

/** What is done to which path, for the words of an error. */
export interface FsAction {
  readonly action: string;
  readonly operation: FsOperation;
  readonly path: CanonicalPath;
}

/** Parses a path and asks the policy for each operation, in this order, before anything touches the disk. */
export function admitPath(gate: Gate, path: unknown, operations: readonly FsOperation[]): CanonicalPath {
  const parsed = gate.parsePath(path, operations[0]);
  for (const operation of operations) gate.admit({ kind: 'fs', operation, path: parsed }, operation);
  return parsed;
}

/** Acts on an admitted path. What the disk refuses becomes an audited denial, what the system refuses `ERR_IO_FAILED`. */
export async function act<Result>(
  session: FsSession,
  { action, operation, path }: FsAction,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isPluginError(error)) throw error;
    if (error instanceof DiskRefusedError) throw session.gate.refuse({ kind: 'fs', operation, path }, error.refusal);
    const errno = errnoOf(error);
    throw errno === undefined ? error : createIoError(action, path.asWritten, errno);
  }
}
