/**
 * A package that a lockfile pins. `license` is known where the lockfile says it, as npm's does.
 * @typedef {{ readonly name: string, readonly version: string, readonly license: string | undefined }} LockedPackage
 */

/**
 * Reads the `packages:` of a pnpm lockfile, version 9, line by line. Its keys are `name@version` and nothing else stands at their
 * indent. Throws for any other version, whose keys look different.
 * @param {string} text
 * @returns {readonly LockedPackage[]}
 */
export function readPnpmLock(text) {
  const lines = text.split(/\r?\n/u);
  const version = lines.map((line) => /^lockfileVersion: '?([\d.]+)'?$/u.exec(line)?.[1]).find((found) => found);
  if (version === undefined || !version.startsWith('9.')) {
    throw new Error(`pnpm-lock.yaml has the version ${version ?? 'that it does not say'}; 9.x can be read`);
  }
  const start = lines.indexOf('packages:');
  if (start === -1) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\S/u.test(line));
  return rest.slice(0, end === -1 ? rest.length : end).flatMap((line) => {
    const key = /^ {2}(?:'([^']+)'|([^\s'].*)):$/u.exec(line);
    const locked = key === null ? undefined : splitKey(key[1] ?? key[2] ?? '');
    return locked === undefined ? [] : [locked];
  });
}

/** `@scope/name@1.0.0(peer@2.0.0)`: the version starts behind the first `@` that does not start the scope. */
/** @param {string} key @returns {LockedPackage | undefined} */
function splitKey(key) {
  const bare = key.split('(', 1)[0] ?? '';
  const at = bare.indexOf('@', 1);
  if (at === -1) return undefined;
  return { name: bare.slice(0, at), version: bare.slice(at + 1), license: undefined };
}

/**
 * Reads the `packages` of an npm lockfile, version 2 or 3. Its keys are paths: the name is what follows the last `node_modules/`.
 * @param {string} text
 * @returns {readonly LockedPackage[]}
 */
export function readNpmLock(text) {
  /** @type {{ readonly lockfileVersion?: unknown, readonly packages?: Readonly<Record<string, Readonly<Record<string, unknown>>>> }} */
  const lock = JSON.parse(text);
  if (lock.packages === undefined) {
    throw new Error(`package-lock.json has the version ${String(lock.lockfileVersion)}; 2 and 3 can be read`);
  }
  /** @type {Map<string, LockedPackage>} */
  const found = new Map();
  for (const [path, entry] of Object.entries(lock.packages)) {
    const place = path.lastIndexOf('node_modules/');
    const { name: alias, version, license } = entry;
    if (place === -1 || typeof version !== 'string') continue;
    const name = typeof alias === 'string' ? alias : path.slice(place + 'node_modules/'.length);
    found.set(`${name}@${version}`, { name, version, license: typeof license === 'string' ? license : undefined });
  }
  return [...found.values()];
}

/**
 * Names that are locked in more than one version, in the order of the names.
 * @param {readonly LockedPackage[]} packages
 * @returns {readonly { readonly name: string, readonly versions: readonly string[] }[]}
 */
export function findDuplicates(packages) {
  /** @type {Map<string, Set<string>>} */
  const versions = new Map();
  for (const { name, version } of packages) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  return [...versions]
    .filter(([, all]) => all.size > 1)
    .map(([name, all]) => ({ name, versions: [...all].sort(byVersion) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {string} a @param {string} b */
function byVersion(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}
