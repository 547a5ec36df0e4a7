/** What the README shows is what a reader gets. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { millrace } from './millrace.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'))

/** The fenced block that follows a text. */
function blockAfter(text: string): string {
  const at = readme.indexOf(text)
  expect(at, `the README says "${text}"`).toBeGreaterThanOrEqual(0)
  return /```\w*\n([\s\S]*?)```/.exec(readme.slice(at + text.length))?.[1] ?? ''
}

/** The arguments of the one `npx millrace` call of a shell block. */
function argumentsIn(block: string): string[] {
  const call = /npx millrace ([\s\S]*?[^\\])\n/.exec(block)?.[1] ?? ''
  return call.replace(/\\\n/g, ' ').trim().split(/\s+/)
}

beforeAll(() => {
  mkdirSync(join(folder, 'examples'))
  cpSync(join(root, 'examples/clickstream'), join(folder, 'examples/clickstream'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the README', () => {
  it('shows the rows that its replay writes, and counts the broken events', async () => {
    const { code } = await millrace(argumentsIn(blockAfter('**3. Replay a file.**')), folder)
    expect(code).toBe(0)
    const rows = readFileSync(join(folder, 'out/REVENUE.jsonl'), 'utf8').split('\n').slice(0, 2).join('\n')
    expect(`${rows}\n`).toBe(blockAfter('head -2 out/REVENUE.jsonl\n```'))
    expect(readme).toContain('Six events of the sample are broken on purpose')
    expect(readFileSync(join(folder, 'out/error_stream.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(6)
  })

  it('shows the message that its mistake gives', async () => {
    const sql = readFileSync(join(folder, 'examples/clickstream/clickstream.sql'), 'utf8')
    writeFileSync(join(folder, 'broken.sql'), sql.replace('s."device"', 's.device'))
    const { code, stderr } = await millrace(argumentsIn(blockAfter('**4. Break it.**')), folder)
    expect(code).toBe(3)
    expect(stderr).toBe(
      blockAfter('npx millrace check broken.sql --schema examples/clickstream/clicks.schema.json\n```'),
    )
  })

  it('names every command that there is, and every option of the demo', async () => {
    const { stdout } = await millrace(['--help'], folder)
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(match => match[1]).filter(name => name !== 'help')
    expect(commands.length).toBeGreaterThan(3)
    for (const name of commands) expect(readme).toContain(`millrace ${name}`)
    const help = (await millrace(['demo', '--help'], folder)).stdout
    for (const [, option] of help.matchAll(/^ {2}(--[a-z-]+)/gm)) expect(readme).toContain(option)
  })
})
