/**
 * @import { Attempt } from './escape.js'
 */

/** Ways to files that were not granted, and to the environment. @type {readonly Attempt[]} */
export const fileAttempts = [
  {
    name: 'read /etc/passwd through the gate',
    aim: 'fs',
    attempt: (_input, { fs }) => fs?.readFile('/etc/passwd', 'utf8'),
  },
  {
    name: 'read /etc/passwd through the gate with ..',
    aim: 'fs',
    attempt: (_input, { fs }) => fs?.readFile(`notes/${'../'.repeat(12)}etc/passwd`, 'utf8'),
  },
  {
    name: 'read through a link that leads out of the grant',
    aim: 'fs',
    attempt: (_input, { fs }) => fs?.readFile('notes/shortcut', 'utf8'),
  },
  {
    name: 'read a neighbour of the granted folder',
    aim: 'fs',
    attempt: ({ secretPath }, { fs }) => fs?.readFile(secretPath, 'utf8'),
  },
  {
    name: 'write where reading was granted',
    aim: 'fs',
    attempt: async (_input, { fs }) => {
      await fs?.writeFile('notes/planted.txt', 'planted');
      return 'wrote notes/planted.txt';
    },
  },
  {
    name: 'read /etc/passwd with node:fs',
    aim: 'fs',
    attempt: async () => (await import('node:fs')).readFileSync('/etc/passwd', 'utf8'),
  },
  {
    name: 'read the secret with node:fs',
    aim: 'fs',
    attempt: async ({ secretPath }) => (await import('node:fs')).readFileSync(secretPath, 'utf8'),
  },
  {
    name: 'change its own code with node:fs',
    aim: 'fs',
    attempt: async () => {
      const file = new URL('planted.js', import.meta.url);
      (await import('node:fs')).writeFileSync(file, 'export const planted = true;');
      return `wrote ${file.pathname}`;
    },
  },
  {
    name: 'write to the temporary folder with node:fs',
    aim: 'fs',
    attempt: async ({ plantPath }) => {
      (await import('node:fs')).writeFileSync(plantPath, 'planted');
      return `wrote ${plantPath}`;
    },
  },
  {
    name: 'open the secret as a database with node:sqlite',
    aim: 'fs',
    attempt: async ({ secretPath }) => {
      const { DatabaseSync } = await import('node:sqlite');
      const database = new DatabaseSync(secretPath);
      return `opened ${database.location()}`;
    },
  },
  {
    name: 'find the secret in process.env',
    aim: 'env',
    attempt: () =>
      Object.entries(process.env)
        .find(([name]) => /secret|token|^home$|^path$/iu.test(name))
        ?.join('='),
  },
  {
    name: 'read its environment from /proc',
    aim: 'env',
    attempt: async () => (await import('node:fs')).readFileSync('/proc/self/environ', 'utf8'),
  },
  {
    name: "read the host's environment from /proc",
    aim: 'env',
    attempt: async ({ hostPid }) => (await import('node:fs')).readFileSync(`/proc/${hostPid}/environ`, 'utf8'),
  },
];
