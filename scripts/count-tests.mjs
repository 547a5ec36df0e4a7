// Prints "PASSED FAILED SKIPPED" from vitest's JSON report and names what was skipped and what failed, with the beginning of the
// reason. A run without a single test is a failure.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const beginning = (text = '') => text.split('\n').slice(0, 4).join(' | ').slice(0, 600)
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const skipped = report.testResults.flatMap(file =>
  file.assertionResults.filter(test => test.status !== 'passed' && test.status !== 'failed').map(test => test.fullName),
)
for (const name of skipped) console.error(`skipped: ${name}`)
for (const file of report.testResults) {
  if (file.status === 'failed' && file.assertionResults.every(test => test.status !== 'failed'))
    console.error(`failed: ${relative(process.cwd(), file.name)}: ${beginning(file.message)}`)
  for (const test of file.assertionResults.filter(({ status }) => status === 'failed'))
    console.error(
      `failed: ${relative(process.cwd(), file.name)}: ${test.fullName}: ${beginning(test.failureMessages[0])}`,
    )
}
console.log(`${report.numPassedTests} ${report.numFailedTests} ${skipped.length}`)
if (report.numTotalTests === 0) process.exit(1)
