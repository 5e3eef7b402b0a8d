type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, value: number];

// Opcodes of classic BPF (linux/bpf_common.h), answers of seccomp (linux/seccomp.h), numbers of the x86_64 system call table.
const [LOAD, JUMP_EQUAL, JUMP_IF_SET, RETURN] = [0x20, 0x15, 0x45, 0x06];
const [ERRNO, ALLOW, EAGAIN, ENOSYS] = [0x00_05_00_00, 0x7f_ff_00_00, 11, 38];
const [CLONE, FORK, VFORK, CLONE3, CLONE_THREAD] = [56, 57, 58, 435, 0x1_00_00];

/** A seccomp filter under which no process is made (`EAGAIN`), as where a limit is reached, and threads are. */
export function noForksFilter(): Uint8Array {
  const program: readonly Instruction[] = [
    [LOAD, 0, 0, 0],
    [JUMP_EQUAL, 5, 0, FORK],
    [JUMP_EQUAL, 4, 0, VFORK],
    [JUMP_EQUAL, 4, 0, CLONE3],
    [JUMP_EQUAL, 0, 4, CLONE],
    [LOAD, 0, 0, 16],
    [JUMP_IF_SET, 2, 0, CLONE_THREAD],
    [RETURN, 0, 0, ERRNO + EAGAIN],
    [RETURN, 0, 0, ERRNO + ENOSYS],
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
