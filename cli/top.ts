/** `millrace top`: what the pages of a running pipeline show, in the terminal; one snapshot where there is none. */
import { hasCode, nodeEnv } from '../core/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { LiveClient } from './live-client.ts'
import { type CommandOptions, parseDuration } from './options.ts'
import { listenForKeys } from './terminal.ts'
import { type TopAnswers, topLines } from './top-text.ts'

export async function run(_args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const client = new LiveClient(given)
  const everyMs = parseDuration('--interval', String(given['interval']))
  if (given['json'] !== undefined) {
    process.stdout.write(`${JSON.stringify(await answersOf(client))}\n`)
    return EXIT.done
  }
  if (process.stdout.isTTY !== true || given['once'] !== undefined) {
    const lines = topLines(await answersOf(client), { width: process.stdout.columns || 120, colours: false })
    process.stdout.write(`${lines.join('\n')}\n`)
    return EXIT.done
  }
  return watch(signal => answersOf(client, signal), everyMs)
}

async function answersOf(client: LiveClient, signal?: AbortSignal): Promise<TopAnswers> {
  const options = signal === undefined ? {} : { signal }
  const [status, flow] = await Promise.all([
    client.json<TopAnswers['status']>('/api/v1/status', options),
    client.json<TopAnswers['flow']>('/api/v1/flow', options),
  ])
  return { status, flow }
}

/** What is drawn on; columns and rows where there is a terminal. */
export type Screen = Pick<NodeJS.WriteStream, 'columns' | 'rows'> & { write(text: string): unknown }

/**
 * Draws on a screen of its own until q, a signal, or the end of the pipeline, and gives the other one back.
 * @param ask throws `not_found` where nobody answers, which after a first answer is the end of the pipeline
 */
export async function watch(
  ask: (signal: AbortSignal) => Promise<TopAnswers>,
  everyMs: number,
  output: Screen = process.stdout,
): Promise<ExitCode> {
  const { clock } = nodeEnv
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  const forgetKeys = listenForKeys(key => {
    if (key === 'q' || key === 'Q' || key === '\x03') stop()
  })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  let last: TopAnswers | null = null
  output.write('\x1b[?1049h\x1b[?25l')
  try {
    while (!stopping.signal.aborted) {
      last = await ask(stopping.signal)
      const colours = process.env['NO_COLOR'] === undefined
      const lines = topLines(last, { width: output.columns || 80, colours }).slice(
        0,
        Math.max(4, (output.rows || 24) - 1),
      )
      output.write(`\x1b[H${lines.map(line => `${line}\x1b[K`).join('\n')}\x1b[J`)
      if (last.status.report !== null) break
      await clock.sleep(everyMs, stopping.signal)
    }
  } catch (error) {
    const isEnd = last !== null && hasCode(error, 'not_found')
    if (!stopping.signal.aborted && !isEnd) throw error
  } finally {
    output.write('\x1b[?25h\x1b[?1049l')
    forgetKeys()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
  if (last !== null) output.write(`${last.status.sentence}\n`)
  return EXIT.done
}
