import { forkSandbox } from '@kb-labs/plugin-runtime';

/** Why there is no bubblewrap wall on this machine, or `undefined` where there is one. */
export async function whyNoWall(): Promise<string | undefined> {
  await using sandbox = forkSandbox({ wall: 'required' });
  try {
    await sandbox.confines();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
