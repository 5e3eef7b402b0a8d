// Stands in front of a server of S3 and does what none on npm does (measured: s3rver 3.7.1, its fork @20minutes/s3rver 4.0.4 and fauxqs 2.4.1
// write and delete whatever the condition says): it keeps `If-Match` and `If-None-Match` as the S3 manual has them, lists multipart uploads, and
// fails where a test asks it to.
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of a request. */
export type Fate = 'pass' | 'lose-reply' | 'fail' | 'hang' | 'conflict';

export interface GatewayRequest {
  readonly method: string;
  /** Path and query, decoded. */
  readonly target: string;
}

export interface Gateway extends AsyncDisposable {
  readonly endpoint: string;
  /** All requests since the start, or since it was emptied. */
  readonly requests: GatewayRequest[];
  /** Multipart uploads that were neither completed nor aborted. */
  readonly uploads: ReadonlyMap<string, { readonly key: string; readonly begun: Date }>;
  decide: (request: GatewayRequest) => Fate;
}

export interface GatewayOptions {
  readonly upstream: string;
  /** Which conditions it keeps; others are dropped on the way, as a server does that does not know them. */
  readonly keeps: 'writes' | 'writes and deletions' | 'nothing';
}

export async function startGateway({ upstream, keeps }: GatewayOptions): Promise<Gateway> {
  const state = {
    uploads: new Map<string, { key: string; begun: Date }>(),
    turns: new Map<string, Promise<unknown>>(),
  };
  const gateway = { requests: [] as GatewayRequest[], decide: (): Fate => 'pass' };
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: request.method ?? '', target: decodeURIComponent(request.url ?? '') };
    gateway.requests.push(seen);
    const fate = (gateway.decide as (request: GatewayRequest) => Fate)(seen);
    if (fate === 'hang') return;
    const body = await buffer(request);
    if (fate === 'conflict') return reply(response, { status: 409, body: problem('ConditionalRequestConflict') });
    if (fate === 'fail') return reply(response, { status: 503, body: problem('SlowDown') });
    const path = (request.url ?? '').split('?')[0] ?? '';
    const work = (): Promise<Reply> => carryOut(request, { path, body });
    const isChange = request.method === 'PUT' || request.method === 'DELETE';
    const result = isChange ? await inTurn(state.turns, path, work) : await work();
    if (fate === 'lose-reply') response.destroy();
    else reply(response, result);
  }

  async function carryOut(request: IncomingMessage, { path, body }: { path: string; body: Buffer }): Promise<Reply> {
    const isKept = request.method === 'DELETE' ? keeps === 'writes and deletions' : keeps !== 'nothing';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const refusal = isKept && !isRead ? await refusalOf(request, `${upstream}${path}`) : undefined;
    if (refusal !== undefined) return refusal;
    const query = new URL(request.url ?? '', upstream).searchParams;
    if (request.method === 'GET' && query.has('uploads')) return listUploads(state.uploads, query.get('prefix') ?? '');
    const result = await forward(request, { url: `${upstream}${request.url ?? ''}`, body });
    noteUploads(state.uploads, { method: request.method ?? '', path, query, result });
    return result;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(gateway, {
    endpoint: `http://127.0.0.1:${port}`,
    uploads: state.uploads,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer | string;
}

/** As the manual has it: 412 where the condition does not hold, 404 for `If-Match` where nothing stands. */
async function refusalOf({ headers }: IncomingMessage, url: string): Promise<Reply | undefined> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const head = await fetch(url, { method: 'HEAD' });
  const etag = head.ok ? head.headers.get('etag') : undefined;
  if (ifNoneMatch === '*') return etag === undefined ? undefined : { status: 412, body: problem('PreconditionFailed') };
  if (etag === undefined) return { status: 404, body: problem('NoSuchKey') };
  return etag === ifMatch ? undefined : { status: 412, body: problem('PreconditionFailed') };
}

function forward(request: IncomingMessage, { url, body }: { url: string; body: Buffer }): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { 'if-match': _, 'if-none-match': __, ...headers } = request.headers;
    const onward = send(url, { method: request.method, headers }, (response) => {
      buffer(response).then(
        (answered) => resolve({ status: response.statusCode ?? 500, headers: response.headers, body: answered }),
        reject,
      );
    });
    onward.on('error', reject);
    onward.end(body);
  });
}

function reply(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  response.writeHead(status, { 'content-type': 'application/xml', ...kept });
  response.end(body);
}

function problem(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
}

interface UploadStep {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly result: Reply;
}

function noteUploads(
  uploads: Map<string, { key: string; begun: Date }>,
  { method, path, query, result }: UploadStep,
): void {
  const id = /<UploadId>([^<]+)</.exec(result.body.toString())?.[1];
  const key = decodeURIComponent(path.split('/').slice(2).join('/'));
  if (method === 'POST' && query.has('uploads') && id !== undefined) uploads.set(id, { key, begun: new Date() });
  const ended = query.get('uploadId');
  if ((method === 'POST' || method === 'DELETE') && ended !== null && result.status < 300) uploads.delete(ended);
}

function listUploads(uploads: ReadonlyMap<string, { key: string; begun: Date }>, prefix: string): Reply {
  const items = [...uploads]
    .filter(([, { key }]) => key.startsWith(prefix))
    .map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    );
  const body = `<?xml version="1.0"?><ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>`;
  return { status: 200, body };
}

async function inTurn<T>(turns: Map<string, Promise<unknown>>, key: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(key) ?? Promise.resolve()).then(work);
  turns.set(
    key,
    turn.catch(() => undefined),
  );
  return turn;
}
