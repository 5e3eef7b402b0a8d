import type { Job } from '../request.js';
import type { Run } from '../run.js';
import { validateStandard } from '../standard-schema.js';

/** The output as the host's own schema gives it back. The schema of the manifest has been in the sandbox. */
export function parseOutput(run: Run, job: Job, output: unknown): unknown {
  if (job.outputSchema === undefined) return output;
  return validateStandard(job.outputSchema, output, {
    code: 'ERR_OUTPUT_INVALID',
    what: 'the output',
    line: run.line,
  });
}
