// Code points that HFS+ skips when it compares names, so that `.g<U+200C>it` opens `.git` (CVE-2014-9390).
const IGNORED_BY_HFS = /[\u{200C}-\u{200F}\u{202A}-\u{202E}\u{206A}-\u{206F}\u{FEFF}]/gu;

/** Makes two spellings of one name equal. */
export type FoldName = (name: string) => string;

/** Where each spelling is a name of its own. */
export const asWritten: FoldName = (name) => name;

const NOT_ASCII = /\P{ASCII}/u;

/**
 * For rules that deny, and for what is never allowed: folds more than any file system of that platform does, because a
 * false match only denies. Volumes of macOS and Windows usually ignore case; those of macOS ignore Unicode forms too.
 */
export function foldForDeny(platform: NodeJS.Platform): FoldName {
  if (platform !== 'darwin' && platform !== 'win32') return asWritten;
  return (name) => {
    // Of ASCII, only letters have another spelling: their case.
    if (!NOT_ASCII.test(name)) return name.toLowerCase();
    const plain = name.normalize('NFKC').replaceAll(IGNORED_BY_HFS, '');
    // Upper case turns ß into SS and the dotless i into I, which lower case alone does not; but only lower case turns ẞ into ß.
    return plain.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
  };
}

/** For rules that allow: folds only what every volume of the platform folds. */
export function foldForAllow(platform: NodeJS.Platform): FoldName {
  return platform === 'darwin' ? (name) => name.normalize('NFC') : asWritten;
}
