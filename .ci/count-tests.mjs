// Prints `N passed, N failed` over all reports in a folder: `node .ci/count-tests.mjs <folder>`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const names = existsSync(folder) ? readdirSync(folder) : [];
const reports = names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));

const passed = sum(reports.map((report) => report.numPassedTests));
const failed = sum(reports.map(countFailures));
console.log(`${passed} passed, ${failed} failed`);

/** A file that could not even be loaded has no failed test, and an unhandled rejection belongs to none. */
function countFailures({ success, numFailedTests, testResults }) {
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return Math.max(numFailedTests + broken.length, success ? 0 : 1);
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
