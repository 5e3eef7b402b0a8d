import { isUtf8 } from 'node:buffer';
import { compileKnownSecrets } from './known-secrets.js';
import { parseMaskOptions } from './redact-options.js';
import type { MaskOptions, ParsedMaskOptions } from './redact-options.js';
import { compileSecretKeys } from './secret-keys.js';
import { findSecretShapes } from './secret-shapes.js';
import { maskSpans } from './text-spans.js';

/** The rules alone, for those who walk their data themselves. */
export interface Masker {
  /** Whether the value under this key is a secret, whatever it looks like. */
  isSecretKey(key: string): boolean;
  /** The text itself where it holds no secret; all of it is looked at. */
  maskText(text: string): string;
  /** The bytes themselves where they hold no secret as text; all of them are looked at, as UTF-8 where they are that, else one by one. */
  maskBytes(bytes: Uint8Array): Uint8Array;
  /** Whether a number, written out, holds a secret. */
  isSecretNumber(value: number): boolean;
}

/** A masker, and how far a secret may reach beyond a place at which a text is cut. */
export interface CompiledMasker extends Masker {
  readonly longest: number;
}

/** A secret shape of more characters than this may show in part where a text is cut off inside it. */
const LONGEST_SHAPE = 4096;

/** Characters of texts that are remembered, and how many of them. */
const SHORT = 64;
const MEMORY = 2048;

/** Compiles what is secret by key, by shape and by value. Throws `ERR_CONFIG_INVALID`, with a pointer below `pointer`. */
export function createMasker(options: MaskOptions = {}, pointer = ''): Masker {
  return compileMasker(parseMaskOptions(options, pointer), pointer);
}

/** The same for options that were checked. */
export function compileMasker({ keys, secrets }: ParsedMaskOptions, pointer: string): CompiledMasker {
  const known = compileKnownSecrets(secrets, `${pointer}/secrets`);
  // Keys, names and codes come again and again. Of what holds a secret nothing is remembered.
  const clean = new Set<string>();
  const maskText = (text: string): string => {
    const short = text.length <= SHORT;
    if (short && clean.has(text)) return text;
    const spans = [...findSecretShapes(text), ...known.find(text)];
    if (spans.length > 0) return maskSpans(text, spans);
    if (clean.size >= MEMORY) clean.clear();
    if (short) clean.add(text);
    return text;
  };
  return Object.freeze({
    longest: Math.max(LONGEST_SHAPE, known.longest),
    isSecretKey: compileSecretKeys(keys),
    maskText,
    isSecretNumber: (value) => known.mayBeInNumbers && known.find(String(value)).length > 0,
    maskBytes: (bytes) => {
      const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
      const masked = maskText(text);
      return masked === text ? bytes : new Uint8Array(Buffer.from(masked, encoding));
    },
  } satisfies CompiledMasker);
}
