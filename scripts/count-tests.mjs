// Prints "PASSED FAILED SKIPPED" from vitest's JSON report and names what was skipped and what failed, with the beginning of the
// reason, and the files that took longest. A run without a single test is a failure.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const SLOWEST_FILES = 20

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
const seconds = file => Math.round((file.endTime - file.startTime) / 1000)
const slowest = report.testResults.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST_FILES)
console.error(
  `slowest (s): ${slowest.map(file => `${seconds(file)} ${relative(process.cwd(), file.name).replace(/^test\/|\.test\.ts$/g, '')}`).join(', ')}`,
)
console.log(`${report.numPassedTests} ${report.numFailedTests} ${skipped.length}`)
if (report.numTotalTests === 0) process.exit(1)
