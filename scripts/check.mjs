// Everything that must hold before a commit besides the tests: types, lint rules, format.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const steps = [
  { name: 'types', run: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the live page', run: ['tsc', '-p', 'tsconfig.page.json', '--noEmit'] },
  { name: 'lint', run: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', run: ['biome', 'check', '--linter-enabled=false', '.'] },
]

let failed = 0
for (const {
  name,
  run: [command, ...args],
} of steps) {
  const run = spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit' })
  console.log(`check: ${name} ${run.status === 0 ? 'ok' : 'FAILED'}`)
  if (run.status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
