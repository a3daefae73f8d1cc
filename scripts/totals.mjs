/**
 * Sums vitest's JSON reports to one line: `N passed, N failed`. Arguments: report files; a report that is missing counts
 * as one failure, and so does a run without any test. With BASELINE_CI=1 a skipped test counts as failed.
 */
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    process.stdout.write(`no report ${file}: its suite did not end\n`);
    failed++;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // a file that does not even load holds no failed test
  failed += report.testResults.filter((result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed')).length;
  if (report.numTotalTests === 0) failed++;
}
if (process.env.BASELINE_CI === '1') failed += skipped;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed > 0 ? 1 : 0;
