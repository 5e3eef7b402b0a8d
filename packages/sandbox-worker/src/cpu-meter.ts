import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** A way to read the CPU time of one thread from outside it. */
export interface CpuMeter {
  /** For a person: where the figure comes from. */
  readonly by: string;
  /** Makes a reader of user and system time up to now, in milliseconds; `undefined` where nothing is known yet. */
  open(thread: MeteredThread): () => number | undefined;
}

/** A thread, and the number that the kernel knows it by; 0 where it could not tell. */
export interface MeteredThread {
  readonly worker: Worker;
  readonly tid: number;
}

/** The way that this machine has. `undefined` where there is none. */
export function pickCpuMeter(platform: NodeJS.Platform): CpuMeter | undefined {
  if (platform === 'linux') return procMeter;
  return 'cpuUsage' in Worker.prototype ? workerMeter : undefined;
}

// USER_HZ is 100 on every architecture that Node is built for on Linux.
const MS_PER_TICK = 10;

const procMeter: CpuMeter = {
  by: '/proc/self/task, read by the host, and worker.terminate()',
  open(thread) {
    let last: number | undefined;
    return () => (last = readTicks(thread.tid) ?? last);
  },
};

function readTicks(tid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'latin1');
    // The thread's name may hold spaces and parentheses; what counts begins behind its last one, with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    // It ended between two looks.
    return undefined;
  }
}

/** From Node 24.6 on the thread itself tells, by an interrupt, while it computes. The answer to one reading is there at the next. */
const workerMeter: CpuMeter = {
  by: 'worker.cpuUsage() and worker.terminate()',
  open({ worker }) {
    let last: number | undefined;
    const ask = async (): Promise<void> => {
      try {
        const { user, system } = await worker.cpuUsage();
        last = (user + system) / 1_000;
      } catch {
        // As above.
      }
    };
    void ask();
    return () => {
      void ask();
      return last;
    };
  },
};
