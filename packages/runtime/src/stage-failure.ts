import type { ErrorEnvelope } from '@kb-labs/contracts';

/** Ends an execution: what was thrown in a stage, as the envelope that the caller gets. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
  readonly #envelope: ErrorEnvelope;

  constructor(envelope: ErrorEnvelope) {
    super(envelope.message);
    this.#envelope = envelope;
  }

  get envelope(): ErrorEnvelope {
    return this.#envelope;
  }

  /** Tells whether a thrown value is one, without touching a proxy. */
  static is(thrown: unknown): thrown is StageFailure {
    return typeof thrown === 'object' && thrown !== null && #envelope in thrown;
  }
}
