console.log('here');
await new Promise(() => {});

export const handles = () => 'never';
