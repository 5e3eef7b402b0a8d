import type { Job } from '../request.js';
import type { Run } from '../run.js';
import { validateStandard } from '../standard-schema.js';

/** The input as the host's own schema gives it back. The schema of the manifest follows in the sandbox. */
export function parseInput(run: Run, job: Job): unknown {
  if (job.inputSchema === undefined) return job.input;
  return validateStandard(job.inputSchema, job.input, {
    code: 'ERR_INPUT_INVALID',
    what: 'the input',
    line: run.line,
  });
}
