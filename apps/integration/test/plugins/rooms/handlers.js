// Handlers that use every room that a context opens: what they do must look the same wherever they run.

export async function writesArtifacts(_input, ctx) {
  await ctx.artifacts.write('text.txt', 'Grüße, 世界\r\n');
  await ctx.artifacts.write('data.json', { ä: [1, null, 'ß'] }, { version: '1.2.0', ttlMs: 60_000 });
  await ctx.artifacts.write('bytes.bin', new Uint8Array([0, 255, 13, 10, 128]));
  async function* pieces() {
    yield 'one ';
    yield new TextEncoder().encode('two ');
    yield 'drei';
  }
  const streamed = await ctx.artifacts.writeStream('streams/long.txt', pieces(), { contentType: 'text/plain' });
  const { body } = await ctx.artifacts.readStream('streams/long.txt');
  return {
    text: await ctx.artifacts.read('text.txt', { as: 'text' }),
    json: await ctx.artifacts.read('artifact://self/data.json', { as: 'json', minVersion: '1.0.0' }),
    bytes: await ctx.artifacts.read('bytes.bin'),
    streamed: streamed.bytes,
    read: await new Response(body).text(),
    paths: (await ctx.artifacts.list({ glob: '**' })).map(({ path }) => path),
    location: (await ctx.artifacts.stat('text.txt')).location,
    gone: [await ctx.artifacts.delete('bytes.bin'), await ctx.artifacts.stat('bytes.bin')],
  };
}

export async function guardsArtifacts(_input, ctx) {
  const first = await ctx.artifacts.write('once.txt', 'first', { ifNoneMatch: '*' });
  return {
    again: await codeOf(() => ctx.artifacts.write('once.txt', 'second', { ifNoneMatch: '*' })),
    stale: await codeOf(() => ctx.artifacts.write('once.txt', 'third', { ifMatch: 'not-this-one' })),
    good: await ctx.artifacts.read('once.txt', { as: 'text' }),
    next: (await ctx.artifacts.write('once.txt', 'fourth', { ifMatch: first.etag })).bytes,
    notMine: await codeOf(() => ctx.artifacts.read('artifact://somebody-else/once.txt')),
    notListed: await codeOf(() => ctx.artifacts.list({ from: 'somebody-else' })),
    walksOut: await codeOf(() => ctx.artifacts.write('../out.txt', 'x')),
    forbidden: await codeOf(() => ctx.artifacts.write('private/x.txt', 'x')),
  };
}

export async function waitsForArtifact({ path }, ctx) {
  const waiting = ctx.artifacts.wait(path, { timeoutMs: 10_000 });
  await ctx.artifacts.write(path, 'here');
  return (await waiting).path;
}

export async function talksToItself(_input, ctx) {
  const seen = [];
  const { promise: all, resolve } = Promise.withResolvers();
  const subscription = await ctx.events.subscribe('rooms.*', ({ topic, payload }) => {
    seen.push([topic, payload]);
    if (payload.last === true) resolve();
  });
  const done = ctx.events.waitFor('rooms.done', {
    predicate: ({ payload }) => payload.last === true,
    timeoutMs: 10_000,
  });
  for (let count = 0; count < 5; count += 1) await ctx.events.publish('rooms.step', { count });
  await ctx.events.publish('rooms.done', { last: false });
  await ctx.events.publish('rooms.done', { last: true });
  const { sender, traceId, topic } = await done;
  // Who waits for one event and who hears all may be told in either order.
  await all;
  await subscription.unsubscribe();
  await ctx.events.publish('rooms.step', { count: 'after' });
  return { seen, topic, sender, traceId };
}

export async function followsStream(_input, ctx) {
  const events = ctx.events.stream('rooms.step');
  for (let count = 0; count < 100; count += 1) void ctx.events.publish('rooms.step', count);
  const counts = [];
  for await (const { payload } of events) {
    counts.push(payload);
    if (counts.length === 100) break;
  }
  return counts;
}

export async function publishes({ topic, payload, scope }, ctx) {
  await ctx.events.publish(topic, payload, { scope });
}

export async function waits({ topic, scope }, ctx) {
  ctx.progress('listening');
  const { sender, payload } = await ctx.events.waitFor(topic, { scope, timeoutMs: 10_000 });
  return { from: sender.pluginId, payload };
}

export async function refusedEvents(_input, ctx) {
  return {
    publish: await codeOf(() => ctx.events.publish('other.topic', 1)),
    host: await codeOf(() => ctx.events.publish('host.stop', 1)),
    subscribe: await codeOf(() => ctx.events.subscribe('**', () => undefined)),
    scope: await codeOf(() => ctx.events.publish('rooms.step', 1, { scope: 'host' })),
    large: await codeOf(() => ctx.events.publish('rooms.step', 'x'.repeat(100_000))),
    bytes: await codeOf(() => ctx.events.publish('rooms.step', new Uint8Array(1))),
    timeout: await codeOf(() => ctx.events.waitFor('rooms.never', { timeoutMs: 20 })),
  };
}

export function tracks(_input, ctx) {
  ctx.analytics.track('rooms.used', { count: 2, apiKey: 'hidden', pluginId: 'forged' });
  return true;
}

export async function presents(_input, ctx) {
  await ctx.presenter.message('hello', 'success');
  await ctx.presenter.json({ n: 1 });
  await ctx.presenter.error({ message: 'bad', code: 'E1' });
  ctx.progress('half', 0.5);
  return ctx.presenter.confirm('sure?');
}

export async function configures({ path }, ctx) {
  const section = { pointer: '/tools/rooms', value: { on: true, list: [1] } };
  return {
    first: await ctx.config.ensureSection(path, section),
    again: await ctx.config.ensureSection(path, section),
    merged: await ctx.config.ensureSection(path, { pointer: '/tools', value: { more: 1 }, strategy: 'merge' }),
    polluted: await codeOf(() => ctx.config.ensureSection(path, { pointer: '/__proto__/x', value: 1 })),
  };
}

export async function changesFiles(_input, ctx) {
  await ctx.fs.writeFile('data/new.txt', 'new');
  await ctx.fs.appendFile('data/new.txt', ' and more');
  await ctx.fs.mkdir('data/sub');
  await ctx.fs.rename('data/hello.txt', 'data/sub/moved.txt');
  await ctx.fs.copy('data/sub/moved.txt', 'data/copy.txt');
  await ctx.fs.remove('data/copy.txt');
  return {
    text: await ctx.fs.readFile('data/new.txt', 'utf8'),
    moved: await ctx.fs.readFile('data/sub/moved.txt', 'utf8'),
    names: (await ctx.fs.readDir('data')).map(({ name }) => name).sort(),
    gone: await codeOf(() => ctx.fs.readFile('data/hello.txt')),
    denied: await codeOf(() => ctx.fs.writeFile('.env', 'x')),
    outside: await codeOf(() => ctx.fs.writeFile('../out.txt', 'x')),
  };
}

export async function leavesThings(input, ctx) {
  const text = await ctx.fs.readFile('data/hello.txt', 'utf8');
  ctx.log.info('read', { text });
  const at = await ctx.fs.stat('data/hello.txt');
  return { text, secret: input.password, kind: at.kind, modified: at.modifiedAt instanceof Date };
}

export async function differs({ path }, ctx) {
  return ctx.fs.readFile(path, 'utf8');
}

export async function invokes({ target, input, timeoutMs }, ctx) {
  return ctx.invoke({ target, input, timeoutMs });
}

export async function invokesInVain({ target, input }, ctx) {
  try {
    return await ctx.invoke({ target, input });
  } catch ({ code, message, details }) {
    return { code, message, details };
  }
}

export async function runsCommand({ command, args }, ctx) {
  const { exitCode, stdout } = await ctx.shell.run(command, args);
  return { exitCode, text: new TextDecoder().decode(stdout) };
}

async function codeOf(work) {
  try {
    await work();
    return 'no error';
  } catch ({ code, message }) {
    return code ?? message;
  }
}
