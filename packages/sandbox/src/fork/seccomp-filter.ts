/**
 * Numbers of the x86_64 system call table (arch/x86/entry/syscalls/syscall_64.tbl) that no handler needs and exploits like. Modes, owners,
 * times and attributes are among them, for a descriptor of a host's file would take them even where it cannot be written; so are files in
 * memory, which belong to nobody's resident set.
 */
const DENIED: Readonly<Record<string, number>> = {
  shmget: 29,
  socket: 41,
  socketpair: 53,
  fork: 57,
  vfork: 58,
  semget: 64,
  msgget: 68,
  ptrace: 101,
  syslog: 103,
  uselib: 134,
  personality: 135,
  modify_ldt: 154,
  pivot_root: 155,
  adjtimex: 159,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  sethostname: 170,
  setdomainname: 171,
  iopl: 172,
  ioperm: 173,
  init_module: 175,
  delete_module: 176,
  quotactl: 179,
  nfsservctl: 180,
  lookup_dcookie: 212,
  clock_settime: 227,
  mq_open: 240,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  migrate_pages: 256,
  mknod: 133,
  mknodat: 259,
  unshare: 272,
  move_pages: 279,
  perf_event_open: 298,
  fanotify_init: 300,
  name_to_handle_at: 303,
  open_by_handle_at: 304,
  clock_adjtime: 305,
  setns: 308,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  finit_module: 313,
  kexec_file_load: 320,
  bpf: 321,
  execveat: 322,
  userfaultfd: 323,
  pidfd_send_signal: 424,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_open: 434,
  pidfd_getfd: 438,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
  chmod: 90,
  fchmod: 91,
  chown: 92,
  fchown: 93,
  lchown: 94,
  utime: 132,
  setxattr: 188,
  lsetxattr: 189,
  fsetxattr: 190,
  removexattr: 197,
  lremovexattr: 198,
  fremovexattr: 199,
  utimes: 235,
  fchownat: 260,
  futimesat: 261,
  fchmodat: 268,
  utimensat: 280,
  memfd_create: 319,
  fchmodat2: 452,
  setxattrat: 463,
  removexattrat: 466,
  file_setattr: 469,
};

/** Calls that libraries try and then do without: "not there" makes glibc use `clone`, and libuv its thread pool. */
const ABSENT: Readonly<Record<string, number>> = { io_uring_setup: 425, clone3: 435 };

const CLONE = 56;
const CLONE_THREAD = 0x1_00_00;
const AUDIT_ARCH_X86_64 = 0xc0_00_00_3e;
const X32_BIT = 0x40_00_00_00;

// Opcodes of classic BPF (linux/bpf_common.h), answers of seccomp (linux/seccomp.h), offsets in struct seccomp_data.
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_IF_SET = 0x45;
const RETURN = 0x06;
const KILL_PROCESS = 0x80_00_00_00;
const ERRNO = 0x00_05_00_00;
const ALLOW = 0x7f_ff_00_00;
const EPERM = 1;
const ENOSYS = 38;
const OFFSET_NR = 0;
const OFFSET_ARCH = 4;
const OFFSET_ARG0 = 16;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, value: number];

/**
 * A seccomp filter for x86_64 in the form that the kernel reads (an array of `struct sock_filter`): threads but no processes, no sockets,
 * no mounts, keys, tracing or BPF. `execve` stays, since bubblewrap needs it after the filter is in force; a process that cannot fork can
 * only replace itself, inside the same walls.
 */
export function buildSeccompFilter(): Uint8Array {
  return buildFilter(Object.values(DENIED), CLONE_THREAD);
}

/** What commands of the system need and handlers do not. */
const COMMANDS_NEED: ReadonlySet<string> = new Set(
  'fork vfork socketpair chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat'.split(
    ' ',
  ),
);
const MODE_CHANGES: ReadonlySet<string> = new Set(['chmod', 'fchmod', 'fchmodat', 'fchmodat2']);

/** The same for a command of the system: it may start processes, and change modes, owners and times unless `keepsModes`. No sockets either. */
export function buildCommandFilter({ keepsModes }: { readonly keepsModes: boolean }): Uint8Array {
  const denied = Object.entries(DENIED).filter(
    ([name]) => !COMMANDS_NEED.has(name) || (keepsModes && MODE_CHANGES.has(name)),
  );
  return buildFilter(
    denied.map(([, number]) => number),
    undefined,
  );
}

function buildFilter(denied: readonly number[], cloneFlag: number | undefined): Uint8Array {
  const absent = Object.values(ABSENT);
  const tests = absent.length + denied.length;
  // Behind the tests: [clone test] [load flags] [thread?] [allow] [EPERM] [ENOSYS] [kill].
  const program: Instruction[] = [
    [LOAD, 0, 0, OFFSET_ARCH],
    [JUMP_EQUAL, 0, tests + 8, AUDIT_ARCH_X86_64],
    [LOAD, 0, 0, OFFSET_NR],
    [JUMP_AT_LEAST, tests + 6, 0, X32_BIT],
    ...absent.map((nr, index): Instruction => [JUMP_EQUAL, tests - index - 1 + 5, 0, nr]),
    ...denied.map((nr, index): Instruction => [JUMP_EQUAL, denied.length - index - 1 + 4, 0, nr]),
    [JUMP_EQUAL, 0, 2, CLONE],
    [LOAD, 0, 0, OFFSET_ARG0],
    cloneFlag === undefined ? [LOAD, 0, 0, OFFSET_ARG0] : [JUMP_IF_SET, 0, 1, cloneFlag],
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, ERRNO | EPERM],
    [RETURN, 0, 0, ERRNO | ENOSYS],
    [RETURN, 0, 0, KILL_PROCESS],
  ];
  return encodeProgram(program);
}

function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jumpTrue);
    view.setUint8(index * 8 + 3, jumpFalse);
    view.setUint32(index * 8 + 4, value >>> 0, true);
  }
  return bytes;
}
