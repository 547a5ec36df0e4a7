/** Events as lines of JSON, for log collectors. */
import type { Clock } from '../../core/index.ts'
import type { ConsumerEvent } from './consumer-event.ts'

/**
 * A listener that writes each event as one line: `time` (ISO 8601), `level`, `kind`, `message`, `shardId`, its facts, and the
 * fields that every line gets. Facts never replace the others.
 */
export function jsonLog(
  write: (line: string) => void,
  clock: Pick<Clock, 'now'>,
  fields: Readonly<Record<string, string>> = {},
): (event: ConsumerEvent) => void {
  return ({ kind, level, message, shardId, facts }) => {
    const time = new Date(clock.now()).toISOString()
    const line = { ...facts, ...fields, time, level, kind, message, ...(shardId === undefined ? {} : { shardId }) }
    write(`${JSON.stringify(line)}\n`)
  }
}
