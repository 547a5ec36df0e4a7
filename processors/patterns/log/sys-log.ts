/** SYS_LOG_PARSE: 'Mon dd HH:mm:ss host text', a time without a year and the rest. */
import { civilFromDays, DAY_MS, daysInMonth } from '../../expressions/calendar.ts'
import { DEFAULT_TYPE, type LogParser } from './log-parser.ts'

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const LINE = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([^]*)$/

/** @param startedAt epoch milliseconds; its year is that of the times, as system logs have none */
export function sysLogParser(startedAt: number): LogParser {
  const { year } = civilFromDays(Math.floor(startedAt / DAY_MS))
  return {
    columns: [
      { name: 'COLUMN1', type: { kind: 'TIMESTAMP' }, format: null },
      { name: 'COLUMN2', type: DEFAULT_TYPE, format: null },
    ],
    parse: text => {
      const [, name, day, hour, minute, second, rest] = LINE.exec(text) ?? []
      if (name === undefined || day === undefined || rest === undefined) return null
      const month = MONTHS.indexOf(name) / 3 + 1
      const inMonth =
        Number.isInteger(month) && month >= 1 && Number(day) >= 1 && Number(day) <= daysInMonth(year, month)
      if (!inMonth || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
      const date = `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`
      return [
        `${date} ${hour}:${minute}:${second}`,
        rest.endsWith('\n') ? rest.slice(0, rest.endsWith('\r\n') ? -2 : -1) : rest,
      ]
    },
  }
}
