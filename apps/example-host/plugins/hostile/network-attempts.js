/**
 * @import { Attempt } from './escape.js'
 */

/** Ways to servers that were not granted. @type {readonly Attempt[]} */
export const networkAttempts = [
  {
    name: 'fetch a forbidden server through the gate',
    aim: 'net',
    attempt: async ({ forbiddenUrl }, { fetch }) => (await fetch?.(forbiddenUrl))?.text(),
  },
  {
    name: 'fetch the metadata service of a cloud',
    aim: 'net',
    attempt: async (_input, { fetch }) => (await fetch?.('http://169.254.169.254/latest/meta-data/'))?.text(),
  },
  {
    name: 'reach a forbidden server by a redirect',
    aim: 'net',
    attempt: async ({ redirectUrl }, { fetch }) => (await fetch?.(redirectUrl))?.text(),
  },
  {
    name: 'fetch with the global fetch',
    aim: 'net',
    attempt: async ({ forbiddenUrl }) => (await globalThis.fetch(forbiddenUrl)).text(),
  },
  {
    name: 'connect with node:net',
    aim: 'net',
    attempt: async ({ forbiddenUrl }) => {
      const { connect } = await import('node:net');
      const { hostname, port } = new URL(forbiddenUrl);
      return new Promise((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => resolve('connected'));
        socket.once('error', reject);
      });
    },
  },
  {
    name: 'ask with node:http',
    aim: 'net',
    attempt: async ({ forbiddenUrl }) => {
      const { get } = process.getBuiltinModule('node:http');
      return new Promise((resolve, reject) => {
        get(forbiddenUrl, ({ statusCode }) => resolve(`status ${statusCode}`)).once('error', reject);
      });
    },
  },
  {
    name: 'look a name up with node:dns',
    aim: 'net',
    attempt: async () => (await (await import('node:dns/promises')).lookup('localhost')).address,
  },
  {
    name: 'open a WebSocket',
    aim: 'net',
    attempt: ({ forbiddenUrl }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(forbiddenUrl.replace('http', 'ws'));
        socket.addEventListener('open', () => resolve('opened'));
        socket.addEventListener('error', () => reject(new Error('no connection')));
      }),
  },
];
