import type { Bench } from '../bench/trial.js';
import type { Assault, AttackEvidence, AttackKind } from './attack.js';
import { makeAttempts } from './attempts.js';
import { callIn, openPost } from './net-posts.js';
import type { NetPost, PostKind } from './net-posts.js';

/** Documented ways into the network, and who listens for each. */
export const NET_ATTEMPTS: Readonly<Record<string, PostKind>> = {
  'net.connect': 'tcp',
  'net by require': 'tcp',
  'net by process.getBuiltinModule': 'tcp',
  'net by Module._load': 'tcp',
  'tls.connect': 'tcp',
  'http.get': 'tcp',
  'https.get': 'tcp',
  'http2.connect': 'tcp',
  fetch: 'tcp',
  WebSocket: 'tcp',
  EventSource: 'tcp',
  'a unix socket': 'unix',
  'http over a unix socket': 'unix',
  'dgram.send': 'udp',
  'dns.resolve4': 'udp',
  'net.createServer': 'guest',
  'node:_http_client': 'tcp',
  'node:_http_agent': 'tcp',
  'node:_tls_wrap': 'tcp',
};

/** What only an attacker does. */
export const NET_TRICKS: Readonly<Record<string, PostKind>> = {
  'the class of an open handle': 'tcp',
  'process.binding': 'tcp',
  'hooks of its own': 'tcp',
  'the dispatcher of fetch': 'tcp',
  'a restored process.getBuiltinModule': 'tcp',
  'a new V8 context': 'tcp',
};

/** Listens on the loopback, one post for each attempt, and counts who comes. */
export const assaultNet: Assault = async (bench, kinds, around) => {
  const names = (['honest', 'hostile'] as const)
    .filter((kind) => kinds.has(kind))
    .flatMap((kind) => listNames(kind).map((entry) => ({ ...entry, kind })));
  const planned: Watched[] = [];
  try {
    for (const { name, kind, listens } of names) planned.push({ name, kind, post: await openPost(listens, around) });
    return await watchPosts(bench, planned);
  } finally {
    await Promise.all(planned.map(({ post }) => post[Symbol.asyncDispose]()));
  }
};

interface Watched {
  readonly name: string;
  readonly kind: AttackKind;
  readonly post: NetPost;
}

async function watchPosts(bench: Bench, planned: readonly Watched[]): Promise<readonly AttackEvidence[]> {
  const attempts = planned.map(({ name, kind, post }) => ({ name, kind, facts: post.facts }));
  const stopCalling = callIn(planned.map(({ post }) => post));
  const reports = await makeAttempts(bench, attempts, { handler: 'net-attempts.mjs#run' }).finally(stopCalling);
  return planned.map(({ name, kind, post }): AttackEvidence => {
    const seen = post.visits();
    const said = reports.get(name)?.text ?? '';
    const evidence = seen === 0 ? `nobody came (${said.slice(0, 200)})` : `the host saw ${seen} visits`;
    return { name, kind, held: seen === 0, evidence };
  });
}

function listNames(kind: AttackKind): readonly { readonly name: string; readonly listens: PostKind }[] {
  const attempts = kind === 'honest' ? NET_ATTEMPTS : NET_TRICKS;
  return Object.entries(attempts).map(([name, listens]) => ({ name, listens }));
}
