import type { ExecuteResult } from '@kb-labs/contracts';
import type { SnapshotEncoder } from './snapshot-encode.js';
import type { SnapshotRoom } from './snapshot-room.js';

const CUT = '{"$":"cut"}';

/** A value as it was told, and as it reads in the snapshot. */
interface Written {
  readonly value: unknown;
  readonly text: string;
}

/**
 * What went into a run and came out of it, each value once: the handler's own input and output stand beside those of the request and the
 * result only where they read otherwise, because the host has schemas of its own.
 */
export class SnapshotExchange {
  /** Renewed for each value: none is too much to look at because of those before it. */
  readonly #encoder: SnapshotEncoder;
  readonly #room: SnapshotRoom;
  readonly #request: Written;
  #input: Written | undefined;
  #output: Written | undefined;

  constructor(input: unknown, encoder: SnapshotEncoder, room: SnapshotRoom) {
    this.#encoder = encoder;
    this.#room = room;
    this.#request = this.#fitting(this.#write(input));
  }

  /** The input of the request, as JSON. */
  get requested(): string {
    return this.#request.text;
  }

  setHandlerInput(value: unknown): void {
    this.#input = this.#other(value, this.#request);
  }

  setHandlerOutput(value: unknown): void {
    this.#output = this.#fitting(this.#write(value));
  }

  /** What came of it, as JSON: the data of the result (`undefined` for a failure), and what the handler got and gave. */
  finish(result: ExecuteResult): { readonly data: string | undefined; readonly handled: string } {
    const given = this.#output;
    if (!result.ok) return { data: undefined, handled: this.#handled(given) };
    if (given === undefined)
      return { data: this.#fitting(this.#write(result.data)).text, handled: this.#handled(given) };
    const data = this.#other(result.data, given);
    return data === undefined
      ? { data: given.text, handled: this.#handled(undefined) }
      : { data: data.text, handled: this.#handled(given) };
  }

  #handled(output: Written | undefined): string {
    const members = Object.entries({ input: this.#input, output }).flatMap(([name, written]) =>
      written === undefined ? [] : [`"${name}":${written.text}`],
    );
    return `{${members.join(',')}}`;
  }

  /** `undefined` for the same value, and for one that reads the same: a schema mostly gives back an equal copy. */
  #other(value: unknown, known: Written): Written | undefined {
    if (value === known.value) return undefined;
    const [masked, cut] = [this.#encoder.masked, this.#room.cut];
    const written = this.#write(value);
    if (written.text !== known.text) return this.#fitting(written);
    // It was counted when it was first written.
    this.#encoder.masked = masked;
    this.#room.cut = cut;
    return undefined;
  }

  #write(value: unknown): Written {
    this.#encoder.work.renew();
    const encoded = this.#encoder.encode(value);
    if (!this.#encoder.work.isShort) return { value, text: JSON.stringify(encoded) };
    this.#room.cut += 1;
    return { value, text: CUT };
  }

  /** These values are too much to lose for the rest of the snapshot: each may take what is left, or is left out by itself. */
  #fitting(written: Written): Written {
    return this.#room.take(written.text.length) ? written : { ...written, text: CUT };
  }
}
