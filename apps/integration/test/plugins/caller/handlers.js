// Handlers that use the gated fetch as they would use any other.

export async function asks({ url, init }, ctx) {
  const response = await ctx.fetch(url, init);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
    url: response.url,
  };
}

export async function asksGlobally({ url }) {
  return (await fetch(url)).status;
}

export async function uploads({ url, chunks, chunkBytes }, ctx) {
  let left = chunks;
  const body = new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(chunkBytes).fill(left % 256));
    },
  });
  const response = await ctx.fetch(url, { method: 'POST', body, duplex: 'half' });
  return await response.json();
}

export async function downloads({ url }, ctx) {
  const response = await ctx.fetch(url);
  let bytes = 0;
  for await (const chunk of response.body) bytes += chunk.byteLength;
  return bytes;
}

export async function giveUp({ url }, ctx) {
  const controller = new AbortController();
  const response = await ctx.fetch(url, { signal: controller.signal });
  const reader = response.body.getReader();
  await reader.read();
  controller.abort(new Error('seen enough'));
  return await reader.read().catch((error) => error.code ?? error.message);
}

/** Awaits an answer that never comes; what it does when it is stopped shows in the log. */
export async function hangs({ url }, ctx) {
  try {
    await ctx.fetch(url);
  } catch (error) {
    ctx.log.info('stopped', { code: error.code });
    throw error;
  } finally {
    ctx.log.info('finally');
  }
}

/** Starts a call, and is waiting for something else when it is stopped. */
export async function forgets({ url }, ctx) {
  const answer = ctx.fetch(url);
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  return await answer;
}

const kept = {};

export function keeps(_input, ctx) {
  kept.fetch = ctx.fetch;
  return 'kept';
}

export async function usesKept({ url }) {
  return await kept.fetch(url).catch((error) => error.code);
}
