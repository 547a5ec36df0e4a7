/** `millrace tap`: rows of a stream or a pump of a running pipeline as they pass, a line of JSON each; the rest on stderr. */
import { once } from 'node:events'
import { MillraceError } from '../core/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { LiveClient, terminalText } from './live-client.ts'
import { type CommandOptions, parseWhole } from './options.ts'
import { count } from './terminal.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const rate = parseWhole('--rate', String(given['rate']), 1, 1_000)
  const limit = given['limit'] === undefined ? Infinity : parseWhole('--limit', given['limit'], 1, 1e12)
  const client = new LiveClient(given)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // Whoever reads may have seen enough: `millrace tap CLICKS | head`.
  process.stdout.on('error', stop)
  const seen = { rows: 0, skipped: 0 }
  try {
    const { signal } = stopping
    const query = new URLSearchParams({ of: args[0] ?? '', rate: String(rate) })
    const answer = await client.ask(`/api/v1/tap?${query.toString()}`, { signal })
    for await (const line of linesOf(answer)) {
      const { row, skipped = 0 } = JSON.parse(line) as { readonly row?: unknown; readonly skipped?: number }
      seen.skipped += skipped
      if (row === undefined) continue
      seen.rows++
      if (!process.stdout.write(`${JSON.stringify(row)}\n`)) await once(process.stdout, 'drain', { signal })
      if (seen.rows >= limit || signal.aborted) break
    }
    if (seen.rows < limit && !signal.aborted) process.stderr.write('the pipeline has ended\n')
  } catch (error) {
    if (!stopping.signal.aborted) throw error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    stop()
  }
  if (seen.skipped > 0)
    process.stderr.write(
      `${count(seen.skipped)} rows were left out at ${rate} rows a second; --rate lets more through\n`,
    )
  return EXIT.done
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of answer.body ?? []) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter(line => line !== '')
    }
  } catch (cause) {
    const words = cause instanceof Error ? terminalText(cause.message) : ''
    throw new MillraceError('unreadable_input', `the connection to the pipeline was lost: ${words}`, { cause })
  }
}
