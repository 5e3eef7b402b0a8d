import { parseChoice, parseLimit, parseRecord, parseStrings } from './option-checks.js';

/** How much of a value is looked at and kept. What is beyond is left out and counted. */
export interface RedactLimits {
  /** Objects and arrays inside one another. Default 6. */
  readonly maxDepth: number;
  /** Entries of each object or array. Default 64. */
  readonly maxEntries: number;
  /** Characters of each text. Default 1 024. */
  readonly maxTextLength: number;
  /** Characters of each key. Default 128. */
  readonly maxKeyLength: number;
  /** Characters of all texts and keys together, other values counting 8. Default 16 384. */
  readonly maxLength: number;
}

/** What is secret beside what is known to be. */
export interface MaskOptions {
  /** More keys whose values are secret, whole; case, `-`, `_` and `.` make no difference. At most 1 000. */
  readonly keys?: readonly string[];
  /** Values that are secret wherever they stand, of 4 characters or more, also in base64, hex, URLs and JSON. At most 1 000. */
  readonly secrets?: readonly string[];
}

/** What is secret, and how much of the rest is kept. */
export interface RedactOptions extends MaskOptions {
  readonly limits?: Partial<RedactLimits>;
  /** What stands for bytes: their number, or their number and SHA-256 (of at most 1 MiB). Default `length`. */
  readonly bytes?: 'length' | 'sha256';
}

/** The options of a masker, checked. */
export type ParsedMaskOptions = Required<MaskOptions>;

/** The options of a redactor, checked. */
export interface ParsedRedactOptions extends ParsedMaskOptions {
  readonly limits: RedactLimits;
  readonly bytes: 'length' | 'sha256';
}

/** Throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseMaskOptions(options: MaskOptions, pointer: string): ParsedMaskOptions {
  const { keys, secrets } = parseRecord(options, pointer, ['keys', 'secrets']);
  return {
    keys: parseStrings(keys, `${pointer}/keys`),
    secrets: parseStrings(secrets, `${pointer}/secrets`),
  };
}

/** Throws `ERR_CONFIG_INVALID` with a pointer. */
export function parseRedactOptions(options: RedactOptions, pointer: string): ParsedRedactOptions {
  const { limits, bytes, keys, secrets } = parseRecord(options, pointer, ['keys', 'secrets', 'limits', 'bytes']);
  return {
    keys: parseStrings(keys, `${pointer}/keys`),
    secrets: parseStrings(secrets, `${pointer}/secrets`),
    limits: parseLimits(limits, `${pointer}/limits`),
    bytes: parseChoice(bytes, `${pointer}/bytes`, ['length', 'sha256']),
  };
}

function parseLimits(value: unknown, pointer: string): RedactLimits {
  const names = ['maxDepth', 'maxEntries', 'maxTextLength', 'maxKeyLength', 'maxLength'];
  const limits = parseRecord(value ?? {}, pointer, names);
  const at = (name: string, fallback: number, max: number): number =>
    parseLimit(limits[name], { pointer: `${pointer}/${name}`, fallback, max });
  return {
    maxDepth: at('maxDepth', 6, 32),
    maxEntries: at('maxEntries', 64, 10_000),
    maxTextLength: at('maxTextLength', 1024, 65_536),
    maxKeyLength: at('maxKeyLength', 128, 1024),
    maxLength: at('maxLength', 16_384, 1_048_576),
  };
}
