/**
 * @import { Attempt } from './escape.js'
 */

const COMMAND = ['-c', 'id'];

/** Ways to other plugins, and to what the host alone may do. @type {readonly Attempt[]} */
export const roomAttempts = [
  {
    name: 'publish in the name of the host',
    aim: 'event',
    attempt: async (_input, { events }) => (await events?.publish('host.stop', null, { scope: 'host' }))?.id,
  },
  {
    name: 'publish the topic of another plugin',
    aim: 'event',
    attempt: async (_input, { events }) => {
      const forged = { name: 'latest', files: 0, findings: 0, path: 'reviews/latest.json' };
      return (await events?.publish('review.done', forged, { scope: 'host' }))?.id;
    },
  },
  {
    name: 'hear what others tell each other',
    aim: 'event',
    attempt: async (_input, { events }) => {
      await events?.subscribe('**', () => undefined, { scope: 'host' });
      return events && 'listens';
    },
  },
  {
    name: 'forge sender and id among the options',
    aim: 'event',
    attempt: async (_input, { events }) => {
      const forged = { sender: { kind: 'host' }, id: 'forged', time: 0 };
      // @ts-expect-error No such options.
      return (await events?.publish('hostile.said', null, forged))?.id;
    },
  },
  {
    name: 'forge sender and id within an event',
    aim: 'event',
    attempt: async (_input, { events }) => {
      const heard = events?.waitFor('hostile.said', { timeoutMs: 900 });
      await events?.publish('hostile.said', { sender: { kind: 'host' }, id: 'forged', scope: 'host' });
      const event = await heard;
      if (event === undefined || (event.sender.kind === 'plugin' && event.sender.pluginId === 'hostile')) return '';
      return `is taken for ${JSON.stringify(event.sender)}`;
    },
  },
  {
    name: 'read the artifact of another plugin',
    aim: 'artifact',
    attempt: async (_input, { artifacts }) =>
      artifacts?.read('artifact://code-review/reviews/latest.json', { as: 'text' }),
  },
  {
    name: 'list the artifacts of another plugin',
    aim: 'artifact',
    attempt: async (_input, { artifacts }) => (await artifacts?.list({ from: 'code-review' }))?.length,
  },
  {
    name: 'write the artifact of another plugin',
    aim: 'artifact',
    attempt: async (_input, { artifacts }) =>
      (await artifacts?.write('artifact://code-review/reviews/latest.json', '{}'))?.uri,
  },
  {
    name: 'walk out of its artifacts',
    aim: 'artifact',
    attempt: async (_input, { artifacts }) => (await artifacts?.write('../code-review/planted.json', '{}'))?.uri,
  },
  {
    name: 'walk out of its artifacts by encoded dots',
    aim: 'artifact',
    attempt: async (_input, { artifacts }) =>
      (await artifacts?.write('artifact://self/%2e%2e/code-review/planted.json', '{}'))?.uri,
  },
  {
    name: 'invoke a plugin without a rule',
    aim: 'invoke',
    attempt: async (_input, { invoke }) =>
      JSON.stringify(await invoke?.({ target: 'dependency-report:report', input: {} })),
  },
  {
    name: 'start a shell through the gate',
    aim: 'shell',
    attempt: async (_input, { shell }) => (await shell?.run('/bin/sh', COMMAND))?.stdout,
  },
  {
    name: 'start a shell through a link to it',
    aim: 'shell',
    attempt: async ({ shellLink }, { shell }) => (await shell?.run(shellLink, COMMAND))?.stdout,
  },
  {
    name: 'change every object through a pointer',
    aim: 'fs',
    attempt: async (_input, { config }) =>
      (await config?.ensureSection('notes/planted.json', { pointer: '/__proto__/polluted', value: true }))?.changed,
  },
];
