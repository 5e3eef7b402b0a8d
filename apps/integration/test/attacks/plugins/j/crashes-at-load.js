process.exit(3);

export const run = () => 'never';
