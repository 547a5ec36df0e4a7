// Prints "PASSED FAILED SKIPPED" from vitest's JSON report and names what was skipped. A run without a single test is a failure.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const skipped = report.testResults.flatMap(file =>
  file.assertionResults.filter(test => test.status !== 'passed' && test.status !== 'failed').map(test => test.fullName),
)
for (const name of skipped) console.error(`skipped: ${name}`)
console.log(`${report.numPassedTests} ${report.numFailedTests} ${skipped.length}`)
if (report.numTotalTests === 0) process.exit(1)
