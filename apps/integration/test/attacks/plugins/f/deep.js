export const handle = () => 'never';

// Each module is another one: the graph has no end.
for (let loaded = 0; ; loaded += 1) await import(`data:text/javascript,export default ${loaded}`);
