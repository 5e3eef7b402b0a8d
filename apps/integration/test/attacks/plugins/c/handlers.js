/** Makes each request in turn, reads its answer whole and tells what came of it: status and text, or code and reason. */
export async function asks(requests, ctx) {
  const outcomes = [];
  for (const { url, init } of requests) outcomes.push(await ask(ctx, url, init));
  return outcomes;
}

/** All of them at once. */
export async function asksAtOnce(requests, ctx) {
  return await Promise.all(requests.map(({ url, init }) => ask(ctx, url, init)));
}

async function ask(ctx, url, init) {
  try {
    const response = await ctx.fetch(url, init);
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return describe(error);
  }
}

function describe(error) {
  const { reason, errno, status } = error?.details ?? {};
  return [typeof error?.code === 'string' ? error.code : error?.name, reason ?? errno ?? status]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** All that an error tells. */
export async function asksToBeTold({ url }, ctx) {
  try {
    await ctx.fetch(url);
    return 'nothing';
  } catch (error) {
    return `${error.message} ${JSON.stringify(error)} ${JSON.stringify(error.details)} ${error.hint} ${error.stack}`;
  }
}

/** What a header of the answer says. */
export async function asksFor({ url, init, header }, ctx) {
  const response = await ctx.fetch(url, init);
  return [response.status, response.headers.get(header), await response.text()];
}

/** Each request with headers that JSON cannot carry: lone surrogates, line ends, characters beyond latin 1. */
export async function asksWithHeaders({ url, headers }, ctx) {
  const outcomes = [];
  for (const pair of headers) outcomes.push(await ask(ctx, url, { headers: [pair] }));
  return outcomes;
}

/** Hands `fetch` what is no string. */
export async function asksOddly({ url }, ctx) {
  let reads = 0;
  const changing = {
    toString: () => {
      reads += 1;
      return reads === 1 ? url : 'http://169.254.169.254/';
    },
  };
  const outcomes = [];
  for (const input of [changing, 7, null, undefined, [url], { url }]) outcomes.push(await ask(ctx, input));
  return { outcomes, reads };
}

/** Gives up after a while, at whatever stage the request is by then. */
export async function givesUp({ url, init, afterMs }, ctx) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), afterMs);
  const outcome = await ask(ctx, url, { ...init, signal: controller.signal });
  return [outcome, await ask(ctx, url, { ...init, signal: controller.signal })];
}

/** Sends a body that comes in pieces and has no end. */
export async function sendsForEver({ url, chunkBytes }, ctx) {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(chunkBytes)) });
  return await ask(ctx, url, { method: 'POST', body, duplex: 'half' });
}

/** Sends the beginning of a body, and never its end. */
export async function sendsNoEnd({ url }, ctx) {
  let sent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (sent) return new Promise(() => undefined);
      sent = true;
      controller.enqueue(new Uint8Array(8));
    },
  });
  return await ask(ctx, url, { method: 'POST', body, duplex: 'half' });
}
