/** The longest text that is looked at, in UTF-16 units: no more than 128 names fit into it. */
const MAX_UNITS = 255;
const NAME = String.raw`(?!\.|[Gg][Ii][Tt]~)[\x20-\x2e\x30-\x7e]+`;
const PLAIN = new RegExp(`${NAME}(?:/${NAME})*$`, 'y');

/** What a policy knows of its root beforehand. */
export interface PlainRoot {
  /** The root with a `/` at its end. */
  readonly prefix: string;
}

/**
 * Prepares a root for `plainStart`; `undefined` where no path is plain: on Windows, and below a root that could not be asked about
 * itself.
 */
export function readPlainRoot(root: string, platform: NodeJS.Platform): PlainRoot | undefined {
  const prefix = root.endsWith('/') ? root : `${root}/`;
  const isPlain = platform !== 'win32' && prefix.length <= 2048 && /^(?:\/[\x20-\x2e\x30-\x7e]{0,255})+$/.test(prefix);
  return isPlain ? { prefix } : undefined;
}

/**
 * Where the names below the root begin in a plain path, or -1 for any other. Plain is what says just what it means: relative, or
 * absolute below the root, printable ASCII, one `/` between two names, and no name that begins with a dot or `git~`. Such a path is well
 * formed, `resolve` changes nothing in it, no name has a second spelling but in another case, and no built-in rule refuses to look at it or to write it.
 */
export function plainStart(path: string, { prefix }: PlainRoot): number {
  const start = path.charCodeAt(0) === 0x2f ? prefix.length : 0;
  if (path.length - start > MAX_UNITS || (start > 0 && !path.startsWith(prefix))) return -1;
  PLAIN.lastIndex = start;
  return PLAIN.test(path) ? start : -1;
}
