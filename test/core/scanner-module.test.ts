import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SCANNER_WASM_BASE64 } from '../../core/codecs/json/scan/wasm-module.ts'
import { MD5_WASM_BASE64 } from '../../streams/aggregation/md5-module.ts'
import { WIRE_WASM_BASE64 } from '../../streams/kinesis/wire-module.ts'

const tool = join(dirname(fileURLToPath(import.meta.url)), '../../tools/wasm')
const installed = existsSync(join(tool, 'node_modules/assemblyscript'))
if (!installed)
  console.log('the rebuild of the WebAssembly modules is skipped: run `npm ci` in tools/wasm to compare the bytes')

describe.each([
  { name: 'scan', committed: SCANNER_WASM_BASE64 },
  { name: 'md5', committed: MD5_WASM_BASE64 },
  { name: 'wire', committed: WIRE_WASM_BASE64 },
])('the compiled module $name', ({ name, committed }) => {
  it('is a small WebAssembly module', () => {
    const bytes = Buffer.from(committed, 'base64')
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('\0asm')
    expect(bytes.length).toBeLessThan(20_480)
  })

  it.runIf(installed)('is what its source compiles to, byte for byte', () => {
    const run = spawnSync(process.execPath, [join(tool, 'build.mjs'), '--print', name], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    const same = run.stdout.trim() === committed.replaceAll('\n', '')
    expect(same, 'run `npm run build` in tools/wasm').toBe(true)
  })
})
