// Says what a bench says that goes well.
process.send({ type: 'progress', text: process.argv.slice(2).join(' ') });
process.send({ type: 'rows', rows: [{ name: 'cold' }] }, () => process.exit(0));
