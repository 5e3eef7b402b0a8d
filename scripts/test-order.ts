import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** The conformance kit takes long in each place, though a file that calls it is short. */
const KIT = /\.conformance\.test\.ts$/u;

/**
 * First the files that have a process of their own, over all packages: those that start processes and wait are among them, the long ones.
 * Then the short ones, package by package, as they share processes: with these, no processor is idle at the end.
 */
export class ProcessesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  if (KIT.test(moduleId)) return 0;
  return project.config.isolate ? 1 : 2;
}
