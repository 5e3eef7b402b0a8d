/** What a path comes to by a model that shares nothing with what is tested: no `node:path`, no globs, one name after the other. */
export type ModelPath =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'below'; readonly names: readonly string[] };

/** Walks a POSIX path from the root of a file system. */
export function walkPosix(root: string, text: string): ModelPath {
  if (isMalformed(text)) return { kind: 'malformed' };
  if (text.split('/').some((name) => name.length > 255)) return { kind: 'malformed' };
  return relate(namesOf(root), climb(text.startsWith('/') ? [] : namesOf(root), text.split('/')), (name) => name);
}

/** Walks a path of Windows from the top of a drive. The root is on a drive. */
export function walkWindows(root: string, text: string): ModelPath {
  if (isMalformed(text)) return { kind: 'malformed' };
  const slashed = text.replaceAll('\\', '/');
  const [drive, rest] = /^[a-zA-Z]:/.test(slashed) ? [slashed.slice(0, 2), slashed.slice(2)] : ['', slashed];
  if (slashed.startsWith('//') || (drive !== '' && !rest.startsWith('/'))) return { kind: 'malformed' };
  if (rest.split('/').some((name) => isWindowsOddity(name))) return { kind: 'malformed' };
  const rootNames = namesOf(root.replaceAll('\\', '/'));
  const start = rest.startsWith('/') ? [drive === '' ? (rootNames[0] ?? '') : drive] : rootNames;
  const fold = (name: string): string => name.toLowerCase();
  return relate(rootNames, climb(start, rest.split('/'), 1), fold);
}

function isMalformed(text: string): boolean {
  if (text === '' || text.length > 4096) return true;
  return Array.from(text).some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 || (code >= 127 && code < 160) || (code >= 0xd800 && code <= 0xdfff);
  });
}

const DEVICES: ReadonlySet<string> = new Set(['con', 'prn', 'aux', 'nul', 'conin$', 'conout$', 'clock$']);

function isWindowsOddity(name: string): boolean {
  if (name.length > 255) return true;
  if (name === '' || name === '.' || name === '..') return false;
  if (Array.from(name).some((character) => '<>"|?*:'.includes(character))) return true;
  if (name.endsWith('.') || name.endsWith(' ')) return true;
  const stem = (name.split(/[. ]/)[0] ?? '').toLowerCase();
  if (
    DEVICES.has(stem) ||
    ((stem.startsWith('com') || stem.startsWith('lpt')) && '0123456789¹²³'.includes(stem.slice(3)) && stem.length === 4)
  )
    return true;
  return /^[^.]{0,6}~\d{1,6}(\..{0,3})?$/.test(name);
}

function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}

function climb(start: readonly string[], names: readonly string[], top = 0): readonly string[] {
  const stack = [...start];
  for (const name of names) {
    if (name === '' || name === '.') continue;
    if (name === '..') stack.length = Math.max(top, stack.length - 1);
    else stack.push(name);
  }
  return stack;
}

function relate(root: readonly string[], names: readonly string[], fold: (name: string) => string): ModelPath {
  if (root.some((name, index) => fold(name) !== fold(names[index] ?? ''))) return { kind: 'outside' };
  const below = names.slice(root.length);
  return below.length > 128 ? { kind: 'malformed' } : { kind: 'below', names: below };
}

/** Whether a rule covers a path, by trying everything: only for what is small. */
export function covers(rule: string, names: readonly string[]): boolean {
  const written = rule.split('/').filter((segment) => segment !== '' && segment !== '.');
  const segments = written.filter((segment, index) => segment !== '**' || written[index + 1] !== '**');
  if (!/[*?]/.test(rule)) return segments.every((segment, index) => segment === names[index]);
  return matchesAll(segments, names);
}

function matchesAll(segments: readonly string[], names: readonly string[]): boolean {
  const [first, ...rest] = segments;
  if (first === undefined) return names.length === 0;
  if (first === '**') {
    // At the end it is one name or more; anywhere else any number of them.
    const least = rest.length === 0 ? 1 : 0;
    return (
      names.some((_, index) => index >= least && matchesAll(rest, names.slice(index))) ||
      (names.length >= least && matchesAll(rest, []))
    );
  }
  const [name, ...others] = names;
  return name !== undefined && matchesText(first, name) && matchesAll(rest, others);
}

function matchesText(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('*'))
    return matchesText(pattern.slice(1), text) || (text !== '' && matchesText(pattern, text.slice(1)));
  return (
    text !== '' && (pattern.startsWith('?') || pattern[0] === text[0]) && matchesText(pattern.slice(1), text.slice(1))
  );
}

/** What no rule lifts, for names without tricks: those are tested one by one elsewhere. */
export function isReserved(names: readonly string[], operation: 'read' | 'write'): boolean {
  if (names.some((name) => ['.ssh', '.aws', '.npmrc'].includes(name) || name.startsWith('.env'))) return true;
  const git = names.findIndex((name) => name.toLowerCase() === '.git');
  const inGit = git === -1 ? [] : names.slice(git + 1);
  if (inGit.some((name) => name === 'hooks' || name.startsWith('config'))) return true;
  if (operation === 'read') return false;
  return git !== -1 || names.some((name, index) => name === '.bin' && names[index - 1] === 'node_modules');
}
