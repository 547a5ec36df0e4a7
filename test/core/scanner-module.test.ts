import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SCANNER_WASM_BASE64 } from '../../core/codecs/json/scan/wasm-module.ts'

const tool = join(dirname(fileURLToPath(import.meta.url)), '../../tools/wasm')
const installed = existsSync(join(tool, 'node_modules/assemblyscript'))
if (!installed)
  console.log('the rebuild of the WebAssembly scanner is skipped: run `npm ci` in tools/wasm to compare the bytes')

describe('the compiled scanner', () => {
  it('is a small WebAssembly module', () => {
    const bytes = Buffer.from(SCANNER_WASM_BASE64, 'base64')
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('\0asm')
    expect(bytes.length).toBeLessThan(16_384)
  })

  it.runIf(installed)('is what its source compiles to, byte for byte', () => {
    const run = spawnSync(process.execPath, [join(tool, 'build.mjs'), '--print'], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    const same = run.stdout.trim() === SCANNER_WASM_BASE64.replaceAll('\n', '')
    expect(same, 'run `npm run build` in tools/wasm').toBe(true)
  })
})
