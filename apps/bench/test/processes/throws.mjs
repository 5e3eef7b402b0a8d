// Says what a bench says that throws.
process.send({ type: 'failed', reason: 'Error: no floor' }, () => process.exit(0));
