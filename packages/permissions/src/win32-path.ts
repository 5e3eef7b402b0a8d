// Superscript digits count as digits in these names (CVE-2025-27210).
const DEVICE = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(?:COM|LPT)[0-9\u{B9}\u{B2}\u{B3}])(?:[. ].*)?$/iu;
const SHORT_NAME = /^[^.]{0,6}~\d{1,6}(?:\..{0,3})?$/;

/** What makes a path mean something else than its segments on Windows, or `undefined`. Works on any platform. */
export function win32PathProblem(path: string): string | undefined {
  if (/^[\\/]{2}/.test(path)) return 'UNC and device paths are not accepted';
  const drive = /^[a-z]:/i.exec(path)?.[0] ?? '';
  const rest = path.slice(drive.length);
  if (drive !== '' && !/^[\\/]/.test(rest)) return 'a drive needs a path from its top';
  if (rest.includes(':')) return 'streams are not accepted';
  if (/[<>"|?*]/.test(rest)) return 'Windows has no such characters in names';
  for (const segment of rest.split(/[\\/]/)) {
    if (segment === '' || segment === '.' || segment === '..') continue;
    if (/[. ]$/.test(segment)) return 'Windows drops a dot or space at the end of a name';
    if (DEVICE.test(segment)) return 'it names a device';
    if (SHORT_NAME.test(segment)) return 'it may be the short form of another name';
  }
  return undefined;
}
