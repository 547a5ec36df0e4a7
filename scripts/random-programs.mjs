// Random SQL programs, run in every way and beside DuckDB: node scripts/random-programs.mjs [--seed N] [--count N]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '20000' } },
})
for (const [name, text] of Object.entries(values)) {
  if (/^\d{1,15}$/.test(text)) continue
  console.error(`--${name} is ${text}; give a whole number`)
  process.exit(2)
}
const { status } = spawnSync('npx', ['vitest', 'run', 'test/processors/random-programs', '--reporter=verbose'], {
  cwd: new URL('..', import.meta.url),
  env: { ...process.env, RANDOM_PROGRAMS_SEED: values.seed, RANDOM_PROGRAMS_COUNT: values.count },
  stdio: 'inherit',
})
process.exit(status ?? 1)
