/**
 * The index that a document goes to: its name, and the time part that rotation appends, from the UTC time at which the record
 * arrived. (Firehose guide, "Index rotation for the OpenSearch Service destination".) It depends on the record alone, so that a
 * repeat after midnight goes to the same index.
 */

export type IndexRotation = 'NoRotation' | 'OneHour' | 'OneDay' | 'OneWeek' | 'OneMonth'

/**
 * How weeks count. The guide writes that they begin on Sunday and that week 1 is the first that holds a Saturday of the year
 * (`us`); its table shows 2016-02-25 as w08, which ISO 8601 (`iso`) and strftime's %U (`percentU`) give and `us` does not (w09).
 */
export type WeekRule = 'us' | 'iso' | 'percentU'

const DAY_MS = 86_400_000
const THURSDAY = 4

/** @param arrivedAt epoch milliseconds */
export function indexName(name: string, rotation: IndexRotation, arrivedAt: number, weekRule: WeekRule): string {
  const [date = '', time = ''] = new Date(arrivedAt).toISOString().split('T')
  switch (rotation) {
    case 'NoRotation':
      return name
    case 'OneHour':
      return `${name}-${date}-${time.slice(0, 2)}`
    case 'OneDay':
      return `${name}-${date}`
    case 'OneMonth':
      return `${name}-${date.slice(0, 7)}`
    case 'OneWeek': {
      const { year, week } = weekOf(arrivedAt, weekRule)
      return `${name}-${String(year).padStart(4, '0')}-w${String(week).padStart(2, '0')}`
    }
  }
}

function weekOf(at: number, rule: WeekRule): { readonly year: number; readonly week: number } {
  const day = Math.floor(at / DAY_MS)
  const weekday = new Date(at).getUTCDay()
  if (rule === 'percentU') {
    // Weeks begin on Sunday; the days before the first Sunday of the year are week 0.
    const year = new Date(at).getUTCFullYear()
    const dayOfYear = day - Date.UTC(year, 0, 1) / DAY_MS
    return { year, week: Math.floor((dayOfYear + 7 - weekday) / 7) }
  }
  // The day of the week that says which year the week belongs to: Saturday, the last of a US week, or Thursday.
  const deciding = rule === 'us' ? day + (6 - weekday) : day + (THURSDAY - (weekday === 0 ? 7 : weekday))
  const year = new Date(deciding * DAY_MS).getUTCFullYear()
  return { year, week: Math.floor((deciding - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1 }
}
