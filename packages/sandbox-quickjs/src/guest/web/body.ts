import { ReadableStream } from 'web-streams-polyfill';

const TEXT_TYPE = 'text/plain;charset=UTF-8';

/** A body as it was given, and what it says of its own type. */
interface Source {
  readonly stream: ReadableStream<Uint8Array> | null;
  readonly type: string | undefined;
}

/** What a request and a response have in common: a body that is read once. */
export class Body {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly #type: string | undefined;
  #used = false;

  constructor(source: unknown) {
    const { stream, type } = openSource(source);
    this.body = stream;
    this.#type = type;
  }

  get bodyUsed(): boolean {
    return this.#used || this.body?.locked === true;
  }

  /** The content type that goes with the kind of the body. */
  protected get ownType(): string | undefined {
    return this.#type;
  }

  async bytes(): Promise<Uint8Array> {
    if (this.bodyUsed) throw new TypeError('the body has been read already');
    this.#used = true;
    return this.body === null ? new Uint8Array() : await readAll(this.body);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    const whole = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(whole).set(bytes);
    return whole;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

function openSource(source: unknown): Source {
  if (source === undefined || source === null) return { stream: null, type: undefined };
  if (source instanceof ReadableStream) return { stream: source, type: undefined };
  if (source instanceof ArrayBuffer) return { stream: streamOf(new Uint8Array(source.slice(0))), type: undefined };
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    return { stream: streamOf(new Uint8Array(buffer, byteOffset, byteLength).slice()), type: undefined };
  }
  return { stream: streamOf(new TextEncoder().encode(String(source))), type: TEXT_TYPE };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) {
    if (!(part instanceof Uint8Array)) throw new TypeError('a stream of a body must be of Uint8Array');
    parts.push(part);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
