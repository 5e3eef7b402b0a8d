import { builtin, first, load, tryAll } from './attempts.mjs';

const { once } = await builtin('events');
const { default: Module, registerHooks } = await builtin('module');
const host = '127.0.0.1';

/** Connects and waits until the host has been seen, or the connection has ended. */
async function connected(socket) {
  const seen = await first(socket, 'connect', 'close');
  socket.destroy?.();
  return seen;
}

const documented = {
  'net.connect': async ({ port }) => connected((await import('node:net')).connect(port, host)),
  'net by require': ({ port }) => connected(load('net').connect(port, host)),
  'net by process.getBuiltinModule': ({ port }) => connected(process.getBuiltinModule('net').connect(port, host)),
  'net by Module._load': ({ port }) => connected(Module._load('net').connect(port, host)),
  'tls.connect': async ({ port }) => first((await import('node:tls')).connect(port, host), 'secureConnect', 'close'),
  'http.get': async ({ port }) => first((await import('node:http')).get({ port, host }), 'response', 'close'),
  'https.get': async ({ port }) => first((await import('node:https')).get({ port, host }), 'response', 'close'),
  'http2.connect': async ({ port }) => first((await import('node:http2')).connect(`http://${host}:${port}`), 'connect'),
  fetch: async ({ port }) => (await fetch(`http://${host}:${port}/`)).status,
  WebSocket: ({ port }) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${host}:${port}/`);
      socket.onopen = resolve;
      socket.onerror = reject;
    }),
  EventSource: ({ port }) =>
    new Promise((resolve, reject) => {
      const source = new EventSource(`http://${host}:${port}/`);
      source.onopen = resolve;
      source.onerror = reject;
    }),
  'a unix socket': async ({ path }) => connected((await import('node:net')).connect(path)),
  'http over a unix socket': async ({ path }) =>
    first((await import('node:http')).get({ socketPath: path }), 'response', 'close'),
  'dgram.send': async ({ port }) => {
    const socket = (await import('node:dgram')).createSocket('udp4');
    await new Promise((resolve, reject) =>
      socket.send('x', port, host, (error) => (error ? reject(error) : resolve())),
    );
    socket.close();
    return 'sent';
  },
  'dns.resolve4': async ({ port }) => {
    const { Resolver } = (await import('node:dns')).promises;
    const resolver = new Resolver({ timeout: 300, tries: 1 });
    resolver.setServers([`${host}:${port}`]);
    return await resolver.resolve4('conformance.invalid');
  },
  'net.createServer': async ({ port }) => {
    const server = (await import('node:net')).createServer();
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
    const [visitor] = await once(server, 'connection');
    server.close();
    // The host hangs up once it has counted.
    await once(visitor.resume(), 'close');
    return 'the host came in';
  },
  'node:_http_client': async ({ port }) => {
    const { ClientRequest } = await import('node:_http_client');
    return first(new ClientRequest(`http://${host}:${port}/`).on('error', () => undefined).end(), 'response', 'close');
  },
  'node:_http_agent': async ({ port }) =>
    connected((await import('node:_http_agent')).globalAgent.createConnection({ port, host })),
  'node:_tls_wrap': async ({ port }) =>
    first((await import('node:_tls_wrap')).connect(port, host), 'secureConnect', 'close'),
};

// Not documented, or documented as something else.
const tricks = {
  'the class of an open handle': ({ port }) => {
    const open = process._getActiveHandles().find((handle) => typeof handle.connect === 'function');
    return connected(new open.constructor().connect(port, host));
  },
  'process.binding': ({ port }) => {
    const { TCP, TCPConnectWrap, constants } = process.binding('tcp_wrap');
    return new Promise((resolve, reject) => {
      const request = new TCPConnectWrap();
      request.oncomplete = (status) => (status === 0 ? resolve('connected') : reject(new Error(`status ${status}`)));
      const status = new TCP(constants.SOCKET).connect(request, host, port);
      if (status !== 0) reject(new Error(`status ${status}`));
    });
  },
  'hooks of its own': async ({ port }) => {
    const name = 'kb:socket';
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === name ? { url: 'node:net', format: 'builtin', shortCircuit: true } : next(specifier, context),
    });
    return connected((await import(name)).connect(port, host));
  },
  'the dispatcher of fetch': async ({ port }) => {
    const dispatcher = globalThis[Symbol.for('undici.globalDispatcher.1')];
    return await new Promise((resolve, reject) => {
      const handler = {
        onConnect() {},
        onHeaders: resolve,
        onData: () => true,
        onComplete: resolve,
        onError: reject,
        onRequestStart() {},
        onResponseStart: resolve,
        onResponseEnd: resolve,
        onResponseError: (_, error) => reject(error),
      };
      dispatcher.dispatch({ origin: `http://${host}:${port}`, path: '/', method: 'GET' }, handler);
    });
  },
  'a restored process.getBuiltinModule': ({ port }) => {
    delete process.getBuiltinModule;
    return connected(process.getBuiltinModule('net').connect(port, host));
  },
  'a new V8 context': async ({ port }) => {
    const { runInNewContext } = await import('node:vm');
    return connected(runInNewContext('load("net")', { load }).connect(port, host));
  },
};

export const attempts = { ...documented, ...tricks };

export const run = (tasks) => tryAll(attempts, tasks);
