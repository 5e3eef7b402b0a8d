await new Promise(() => setInterval(() => undefined, 1_000));

export const run = () => 'loaded';
