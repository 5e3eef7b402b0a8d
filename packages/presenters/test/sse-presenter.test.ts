import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSseEvent } from '../src/sse-event.js';
import { createSsePresenter } from '../src/sse-presenter.js';
import type { SsePresenter } from '../src/sse-presenter.js';
import { hostileText, OBEYED, RUNS } from './hostile-text.js';

interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of events as the standard says, comments left out. */
function parseEvents(text: string): Heard[] {
  const heard: Heard[] = [];
  let fields: Record<string, string[]> = {};
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') {
      const { id = [], event = [], data } = fields;
      if (data !== undefined) heard.push({ id: id.join(), event: event.join(), data: data.join('\n') });
      fields = {};
    } else if (!line.startsWith(':')) {
      const [, name = line, value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
      (fields[name] ??= []).push(value);
    }
  }
  return heard;
}

/** A presenter that writes into a list. */
function collecting(options: { readonly confirmTimeoutMs?: number } = {}): {
  presenter: SsePresenter;
  events: () => Heard[];
} {
  const written: string[] = [];
  const write = (text: string): boolean => written.push(text) > 0;
  return {
    presenter: createSsePresenter({ heartbeatMs: 0, ...options, write }),
    events: () => parseEvents(written.join('')),
  };
}

interface Connection extends AsyncDisposable {
  readonly response: ServerResponse;
  readonly reply: IncomingMessage;
}

/** Both ends of a request over loopback; the reply comes once the presenter has sent its headers. */
async function connect(use: (response: ServerResponse) => void): Promise<Connection> {
  let response: ServerResponse | undefined;
  const server = createServer((_, answered) => {
    response = answered;
    use(answered);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const [reply] = await new Promise<[IncomingMessage]>((resolve) =>
    get({ host: '127.0.0.1', port }, (r) => resolve([r])),
  );
  if (response === undefined) throw new Error('the server was not asked');
  return {
    response,
    reply,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads until the text holds what is waited for. */
async function readUntil(reply: IncomingMessage, wanted: string): Promise<string> {
  let text = '';
  reply.setEncoding('utf8');
  for await (const chunk of reply.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(wanted)) break;
  }
  return text;
}

const never = new AbortController().signal;

describe('an event', () => {
  it('has its name, its id and its data, a line for each of the data', () => {
    expect(formatSseEvent('json', 7, 'a\nb\r\nc\rd')).toBe(
      'id: 7\nevent: json\ndata: a\ndata: b\ndata: c\ndata: d\n\n',
    );
  });

  it('is one event, whatever the text is', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { presenter, events } = collecting();
        presenter.message(text, 'info');
        presenter.progress(text, 0.5);
        presenter.json({ [text]: text });
        presenter.error({ message: text, code: text, hint: text });
        const heard = events();
        expect(heard.map(({ id, event }) => [id, event])).toEqual([
          ['1', 'message'],
          ['2', 'progress'],
          ['3', 'json'],
          ['4', 'error'],
        ]);
        for (const { data } of heard) expect(data).not.toMatch(OBEYED);
        const shown: { text: string } = JSON.parse(heard[0]?.data ?? '');
        expect(shown.text.replaceAll('\n', '')).not.toMatch(OBEYED);
        const json: { value: object } = JSON.parse(heard[2]?.data ?? '');
        expect(json.value).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
      }),
      RUNS,
    );
  });

  it('says what was shown', () => {
    const { presenter, events } = collecting();
    presenter.message('hello\nworld', 'success');
    presenter.progress('half', 0.5);
    presenter.json({ a: 1 });
    presenter.json('x'.repeat(70_000));
    presenter.error({ message: 'it broke', code: 'ERR_X' });
    expect(events().map(({ data }) => JSON.parse(data))).toEqual([
      { text: 'hello\nworld', level: 'success' },
      { text: 'half', fraction: 0.5 },
      { value: { a: 1 } },
      { value: '… 70002 characters of JSON, more than the 65536 that are shown' },
      { message: 'it broke', code: 'ERR_X' },
    ]);
  });
});

describe('over HTTP', () => {
  it('goes to a client as it happens, with the headers that events need', async () => {
    let presenter: SsePresenter | undefined;
    await using connection = await connect((response) => {
      presenter = createSsePresenter({ response });
    });
    const { 'content-type': type, 'cache-control': cache } = connection.reply.headers;
    expect([type, cache]).toEqual(['text/event-stream; charset=utf-8', 'no-store']);
    presenter?.message('отчёт', 'info');
    const text = await readUntil(connection.reply, '\n\n');
    expect(parseEvents(text)).toEqual([{ id: '1', event: 'message', data: '{"text":"отчёт","level":"info"}' }]);
  });

  it('keeps the connection open with comments, which are no events', async () => {
    await using connection = await connect((response) => void createSsePresenter({ response, heartbeatMs: 1 }));
    const text = await readUntil(connection.reply, ': \n\n: \n\n');
    expect(parseEvents(text)).toEqual([]);
  });

  it('loses events that a slow client leaves behind, counts them and tells of them', async () => {
    let presenter: SsePresenter | undefined;
    await using connection = await connect((response) => {
      presenter = createSsePresenter({ response, maxBufferedBytes: 100_000, heartbeatMs: 0 });
    });
    const { response, reply } = connection;
    for (let n = 0; n < 2_000; n += 1) presenter?.message('x'.repeat(16_000), 'info');
    const dropped = presenter?.dropped ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(response.writableLength).toBeLessThan(200_000);
    const drained = once(response, 'drain');
    reply.on('data', () => undefined);
    await drained;
    reply.removeAllListeners('data').pause();
    presenter?.message('again', 'info');
    const told = parseEvents(await readUntil(reply, '"again"')).slice(-2);
    expect(told.map(({ event, data }) => [event, data])).toEqual([
      ['dropped', `{"count":${dropped}}`],
      ['message', '{"text":"again","level":"info"}'],
    ]);
  });

  it('answers no when the client goes, and lets go of the response', async () => {
    let presenter: SsePresenter | undefined;
    await using connection = await connect((response) => {
      presenter = createSsePresenter({ response });
    });
    const answer = presenter?.confirm('Delete?', never);
    connection.reply.destroy();
    expect(await answer).toBe(false);
    presenter?.message('into the void', 'info');
    expect(await presenter?.confirm('Again?', never)).toBe(false);
    expect(connection.response.listenerCount('close')).toBe(0);
  });
});

describe('a question', () => {
  const idOf = (events: readonly Heard[]): string => JSON.parse(events.at(-1)?.data ?? '{}').id;

  it('is answered by its id, once', async () => {
    const { presenter, events } = collecting();
    const answers = [presenter.confirm('One?\u202e', never), presenter.confirm('Two?', never)];
    const [one, two] = events().map(({ data }) => JSON.parse(data));
    expect([one, two]).toEqual([
      { id: expect.any(String), question: String.raw`One?\u{202e}`, timeoutMs: 60_000 },
      { id: expect.any(String), question: 'Two?', timeoutMs: 60_000 },
    ]);
    expect([presenter.answer(two.id, true), presenter.answer(two.id, false), presenter.answer('1', true)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(presenter.answer(one.id, false)).toBe(true);
    expect(await Promise.all(answers)).toEqual([false, true]);
    expect(
      events()
        .slice(2)
        .map(({ event, data }) => [event, JSON.parse(data)]),
    ).toEqual(
      expect.arrayContaining([
        ['answer', { id: one.id, yes: false }],
        ['answer', { id: two.id, yes: true }],
      ]),
    );
  });

  it.each(['"true"', '1', '"yes"', '{}', 'null'])('takes %s for a no', async (answer) => {
    const { presenter, events } = collecting();
    const asked = presenter.confirm('Delete?', never);
    presenter.answer(idOf(events()), JSON.parse(answer));
    expect(await asked).toBe(false);
  });

  it('is no without an answer in time, when its signal goes, and when the presenter is disposed', async () => {
    const { presenter, events } = collecting({ confirmTimeoutMs: 1 });
    // The timer does not keep the process alive, so something else has to.
    const alive = setInterval(() => undefined, 1_000);
    expect(await presenter.confirm('Delete?', never)).toBe(false);
    clearInterval(alive);
    const abort = new AbortController();
    const patient = collecting();
    const aborted = patient.presenter.confirm('Delete?', abort.signal);
    abort.abort();
    expect([await aborted, patient.presenter.answer(idOf(patient.events()), true)]).toEqual([false, false]);
    expect(await patient.presenter.confirm('Delete?', AbortSignal.abort())).toBe(false);
    const open = patient.presenter.confirm('Delete?', never);
    patient.presenter[Symbol.dispose]();
    expect([await open, await patient.presenter.confirm('Delete?', never)]).toEqual([false, false]);
    expect(events().map(({ event }) => event)).toEqual(['confirm', 'answer']);
  });

  it('is no where it could not be asked, or too many are open', async () => {
    const deaf = createSsePresenter({ heartbeatMs: 0, write: () => false });
    expect([await deaf.confirm('Delete?', never), deaf.dropped]).toEqual([false, 1]);
    const broken = createSsePresenter({
      heartbeatMs: 0,
      write: () => {
        throw new Error('gone');
      },
    });
    expect(await broken.confirm('Delete?', never)).toBe(false);
    const { presenter, events } = collecting();
    const asked = Array.from({ length: 16 }, () => presenter.confirm('Delete?', never));
    expect([await presenter.confirm('One more?', never), events().length]).toEqual([false, 16]);
    presenter[Symbol.dispose]();
    expect(await Promise.all(asked)).toEqual(asked.map(() => false));
  });
});

describe('the options', () => {
  it.each([
    { heartbeatMs: -1 },
    { heartbeatMs: 2 ** 31 },
    { confirmTimeoutMs: 0 },
    { maxBufferedBytes: 1 },
    { beat: 1 },
  ])('refuse %o', (options) => {
    const pointer = `/${Object.keys(options)[0] ?? ''}`;
    expect(() => createSsePresenter({ write: () => true, ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer } }),
    );
  });

  it.each<[string, object]>([
    ['write', {}],
    ['write', { write: 'no' }],
    ['write', { write: () => true, response: { writeHead: () => undefined } }],
    ['response', { response: { write: () => true } }],
    ['maxBufferedBytes', { response: { writeHead: () => undefined }, maxBufferedBytes: Number.NaN }],
  ])('need one place to write to: %s of %o is refused', (option, options) => {
    // A caller in JavaScript may hand in anything.
    const given: Parameters<typeof createSsePresenter>[0] = Object.assign(JSON.parse('{}'), options);
    expect(() => createSsePresenter(given)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: `/${option}` } }),
    );
  });
});
