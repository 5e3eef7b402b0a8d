import { arch, availableParallelism, cpus, platform, release } from 'node:os';

/** The machine that figures were had on. */
export interface Environment {
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  readonly platform: string;
}

export function readEnvironment(): Environment {
  return {
    node: process.versions.node,
    cores: availableParallelism(),
    cpu: cpus().at(0)?.model.trim() ?? 'unknown',
    platform: `${platform()} ${arch()} ${release()}`,
  };
}

/** One line for people. */
export function describeEnvironment({ node, cores, cpu, platform }: Environment): string {
  return `Node ${node}, ${cores} cores (${cpu}), ${platform}`;
}
