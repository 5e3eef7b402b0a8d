import { createServer } from 'node:http';
import type { Server } from 'node:http';

/** Two servers on loopback: one that the demo grants, and one that it does not. */
export interface DemoServers extends AsyncDisposable {
  /** `http://localhost:<port>`. `/ok` answers, `/missing` does not, `/moved` leads to `/ok` and `/redirect` to the forbidden server. */
  readonly granted: string;
  readonly grantedPort: number;
  /** `http://127.0.0.1:<port>`. */
  readonly forbidden: string;
  /** How many connections the forbidden server has seen. */
  readonly forbiddenConnections: number;
}

/** Starts both on ports that are free. Disposing closes them and every connection. */
export async function startDemoServers(): Promise<DemoServers> {
  let forbiddenConnections = 0;
  const forbiddenServer = createServer((_request, response) => response.end('forbidden'));
  forbiddenServer.on('connection', () => (forbiddenConnections += 1));
  const forbiddenPort = await listen(forbiddenServer);
  const forbidden = `http://127.0.0.1:${forbiddenPort}`;

  const redirects: Readonly<Record<string, string>> = { '/moved': '/ok', '/redirect': `${forbidden}/secret` };
  const grantedServer = createServer(({ url = '/' }, response) => {
    const location = redirects[url];
    if (location !== undefined) response.writeHead(302, { location }).end();
    else response.writeHead(url === '/ok' ? 200 : 404, { 'content-type': 'text/plain' }).end(url);
  });
  const grantedPort = await listen(grantedServer);

  return {
    granted: `http://localhost:${grantedPort}`,
    grantedPort,
    forbidden,
    get forbiddenConnections() {
      return forbiddenConnections;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([grantedServer, forbiddenServer].map(close));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
