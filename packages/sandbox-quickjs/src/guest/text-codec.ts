const REPLACEMENT = 0xff_fd;
/** Units that `String.fromCharCode` takes at once. */
const CHUNK = 8_192;

/** UTF-8 from text, as https://encoding.spec.whatwg.org has it. */
export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text: unknown = ''): Uint8Array {
    const units = `${text as string}`;
    const bytes = new Uint8Array(units.length);
    // Most text is ASCII: one loop, and room for nothing else.
    for (let index = 0; index < units.length; index += 1) {
      const unit = units.charCodeAt(index);
      if (unit > 0x7f) return encodeBehind(units, index, bytes);
      bytes[index] = unit;
    }
    return bytes;
  }

  encodeInto(text: unknown, room: Uint8Array): { read: number; written: number } {
    const units = `${text as string}`;
    let read = 0;
    let written = 0;
    while (read < units.length) {
      const point = pointAt(units, read);
      if (written + sizeOf(point) > room.length) break;
      written = put(point, room, written);
      read += point > 0xff_ff ? 2 : 1;
    }
    return { read, written };
  }
}

function encodeBehind(units: string, start: number, ascii: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(start + (units.length - start) * 3);
  bytes.set(ascii.subarray(0, start));
  let written = start;
  for (let index = start; index < units.length; index += 1) {
    const point = pointAt(units, index);
    if (point > 0xff_ff) index += 1;
    written = put(point, bytes, written);
  }
  return bytes.slice(0, written);
}

/** A lone surrogate counts as U+FFFD. */
function pointAt(units: string, index: number): number {
  const point = units.codePointAt(index) ?? 0;
  return point >= 0xd8_00 && point <= 0xdf_ff ? REPLACEMENT : point;
}

function sizeOf(point: number): number {
  if (point <= 0x7f) return 1;
  if (point <= 0x7_ff) return 2;
  return point <= 0xff_ff ? 3 : 4;
}

function put(point: number, bytes: Uint8Array, at: number): number {
  const size = sizeOf(point);
  if (size === 1) {
    bytes[at] = point;
    return at + 1;
  }
  const lead = size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0;
  bytes[at] = lead | (point >> ((size - 1) * 6));
  for (let index = 1; index < size; index += 1) bytes[at + index] = 0x80 | ((point >> ((size - 1 - index) * 6)) & 0x3f);
  return at + size;
}

interface DecoderOptions {
  readonly fatal?: boolean;
  readonly ignoreBOM?: boolean;
}

/** Text from UTF-8, whole or in pieces. No other encoding is known here. */
export class TextDecoder {
  readonly encoding = 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest = new Uint8Array();
  #begun = false;

  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false }: DecoderOptions = {}) {
    if (!/^\s*(?:unicode-1-1-)?utf-?8\s*$/i.test(label))
      throw new RangeError(`the encoding "${label}" is not known here`);
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { readonly stream?: boolean } = {}): string {
    const bytes = this.#join(bytesOf(input));
    const { text, used } = decodeBytes(bytes, this.fatal, stream);
    this.#rest = bytes.slice(used);
    const isStart = !this.#begun && text !== '';
    this.#begun = stream && (this.#begun || text !== '');
    return isStart && !this.ignoreBOM && text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text;
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    return joined;
  }
}

function bytesOf(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array();
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError('only buffers and views of them can be decoded');
}

function decodeBytes(bytes: Uint8Array, fatal: boolean, stream: boolean): { text: string; used: number } {
  let text = '';
  let units: number[] = [];
  let index = 0;
  const flush = (): void => {
    text += String.fromCharCode.apply(null, units);
    units = [];
  };
  while (index < bytes.length) {
    const end = endOfAscii(bytes, index);
    if (end > index) {
      flush();
      for (let at = index; at < end; at += CHUNK) text += fromAscii(bytes.subarray(at, Math.min(end, at + CHUNK)));
      index = end;
      continue;
    }
    const { point, size, open } = readPoint(bytes, index);
    if (open && stream) break;
    if (point === undefined && fatal) throw new TypeError('the bytes are not UTF-8');
    const known = point ?? REPLACEMENT;
    if (known > 0xff_ff) units.push(0xd8_00 + ((known - 0x1_00_00) >> 10), 0xdc_00 + ((known - 0x1_00_00) & 0x3_ff));
    else units.push(known);
    if (units.length >= CHUNK - 1) flush();
    index += size;
  }
  flush();
  return { text, used: index };
}

function endOfAscii(bytes: Uint8Array, start: number): number {
  let end = start;
  while (end < bytes.length && (bytes[end] ?? 0) <= 0x7f) end += 1;
  return end;
}

function fromAscii(bytes: Uint8Array): string {
  // Array-like is all that `apply` asks for.
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

interface ReadPoint {
  /** `undefined` for bytes that are no character. */
  readonly point: number | undefined;
  /** Bytes that it took: of a broken character, those that may have belonged to one. */
  readonly size: number;
  /** The bytes end inside of it. */
  readonly open: boolean;
}

function readPoint(bytes: Uint8Array, start: number): ReadPoint {
  const lead = bytes[start] ?? 0;
  const size =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
  if (size === 1) return { point: undefined, size: 1, open: false };
  let point = lead & (0x7f >> size);
  for (let index = 1; index < size; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return { point: undefined, size: index, open: true };
    const [low, high] = index === 1 ? boundsBehind(lead) : [0x80, 0xbf];
    if (byte < low || byte > high) return { point: undefined, size: index, open: false };
    point = (point << 6) | (byte & 0x3f);
  }
  return { point, size, open: false };
}

/** What may follow a lead byte: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
function boundsBehind(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}
