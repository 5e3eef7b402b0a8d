import type { ArtifactAccess } from '@kb-labs/contracts';
import type { Gate } from '../gate.js';
import type { IdTable } from '../id-table.js';
import type { OperationRecorder } from '../operation-recorder.js';
import type { OpenRead } from './open-read.js';
import type { OpenWrite } from './open-write.js';

/** What the artifact functions need of the host. */
export interface ArtifactRoomOptions {
  readonly gate: Gate;
  /** Decides and acts for this guest. */
  readonly access: ArtifactAccess;
  readonly recorder: OperationRecorder;
  /** Bytes that one answer may have. */
  readonly maxMessageBytes: number;
}

/** What the artifact functions of one run share. */
export interface ArtifactSession extends ArtifactRoomOptions {
  readonly reads: IdTable<OpenRead>;
  readonly writes: IdTable<OpenWrite>;
}
