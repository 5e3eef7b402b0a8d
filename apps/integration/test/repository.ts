import { fileURLToPath } from 'node:url';

/** The root of the repository under test. */
export const repository: string = fileURLToPath(new URL('../../..', import.meta.url));
