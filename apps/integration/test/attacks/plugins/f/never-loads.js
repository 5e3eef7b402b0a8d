await new Promise(() => undefined);

export const handle = () => 'never';
