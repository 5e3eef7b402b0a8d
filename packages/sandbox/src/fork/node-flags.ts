/** What a guest's Node is started for. */
export interface NodeFlagOptions {
  /** Files and folders that the guest may read, literal. */
  readonly readable: readonly string[];
  readonly memoryMb: number;
}

const LOCKS = [
  '--no-addons',
  // node:sqlite opens files by itself and walks round the permission model.
  '--no-experimental-sqlite',
  '--no-experimental-webstorage',
  '--disable-sigusr1',
  '--report-exclude-env',
  '--report-exclude-network',
];

const SMALLEST_HEAP_MB = 16;

/** The flags that this Node knows, out of those that lock a guest in. Workers, child processes, addons, WASI, inspector and net are never allowed. */
export function buildNodeFlags({ readable, memoryMb }: NodeFlagOptions): readonly string[] {
  const known = process.allowedNodeEnvironmentFlags;
  return [
    ...(hasPermissionModel() ? ['--permission', ...readable.map((path) => `--allow-fs-read=${path}`)] : []),
    ...LOCKS.filter((flag) => known.has(flag)),
    `--max-old-space-size=${Math.max(SMALLEST_HEAP_MB, Math.ceil(memoryMb))}`,
    '--disable-warning=ExperimentalWarning',
  ];
}

/** Whether this Node can refuse files, processes, workers and addons by itself. */
export function hasPermissionModel(): boolean {
  return process.allowedNodeEnvironmentFlags.has('--permission');
}

/** Whether `--permission` refuses the network as well: from Node 25 on. */
export function refusesNetwork(): boolean {
  return hasPermissionModel() && process.allowedNodeEnvironmentFlags.has('--allow-net');
}
