import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const report = { plugins: [] };

console.log(values.json ? JSON.stringify(report) : 'No plugins yet.');
