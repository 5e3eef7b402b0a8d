/** Attempts to read the secret in documented ways, as `fs-attempts.mjs` knows them. */
export const FS_READS: readonly string[] = [
  'fs.readFile',
  'fs.readFileSync',
  'fs/promises',
  'a path with ..',
  'a path through /proc/self/root',
  'a Buffer as path',
  'a URL as path',
  'process.chdir',
  'createReadStream',
  'fs.open and read',
  'fs.readdir',
  'fs.opendir',
  'fs.glob',
  'fs.openAsBlob',
  'import of a module',
  'require of a module',
  'import of JSON',
  'process.loadEnvFile',
  'node:sqlite',
  'a symlink of its own',
  'a relative symlink of its own',
  'a hard link of its own',
  'fs.copyFile',
  'fs.cp',
  'the sibling with the same prefix',
  '/etc/passwd',
];

/** Attempts to write, or to change what is there. */
export const FS_WRITES: readonly string[] = [
  'fs.writeFile outside',
  'fs.writeFile in the plugin',
  'fs.writeFile in /tmp',
  'fs.writeFile in /dev/shm',
  'fs.writeFile in the working directory',
  'fs.promises.writeFile',
  'createWriteStream',
  'fs.open for writing',
  'fs.mkdir',
  'fs.mkdtemp',
  'fs.symlink outside',
  'fs.appendFile',
  'fs.truncate',
  'fs.rename',
  'fs.unlink',
  'fs.rm',
  'fs.chmod',
  'fs.utimes',
  'process.report.writeReport',
  'v8.writeHeapSnapshot',
  'module.enableCompileCache',
  'a database of node:sqlite',
];

/** What only an attacker does. */
export const FS_TRICKS: readonly string[] = [
  'a link in the plugin that leads out',
  'a link in the plugin to a folder',
  'process.binding',
  'bytes with a traversal',
  'a path that changes',
  'a patched path.resolve',
  'a patched path.toNamespacedPath',
  'a patched process.permission.has',
  'descriptors of the host',
  '/proc/<host>/fd',
  '/proc/<host>/root',
];

/** Node 22 waits for ever where it may not write its trace, so this has a run of its own. */
export const FS_ALONE: readonly string[] = ['a trace file'];
