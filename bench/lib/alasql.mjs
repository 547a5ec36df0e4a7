// (b) alasql: compiled statements over the row objects of each window, JSON.parse included. It lives in bench/peers, as it brings
// some 250 packages: `(cd bench/peers && npm ci)`. Windows are cut by hand, for it has none.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../peers/package.json', import.meta.url))
const WATERMARK_MS = 5_000
const AGGREGATES =
  'COUNT(*) AS cnt, SUM(latency_ms) AS s, AVG(latency_ms) AS a, MIN(latency_ms) AS mn, MAX(latency_ms) AS mx'

/** A package of bench/peers, or null where they are not installed. */
export function peer(name) {
  try {
    return require(name)
  } catch (cause) {
    if (cause.code === 'MODULE_NOT_FOUND') return null
    throw cause
  }
}

/**
 * What alasql can say of W1, by query: a function of the buffers and the table, which gives rows and check sum as the
 * hand-written loop does. It has neither sessions nor windows of each row. Null where it is not installed.
 */
export function alasqlQueries() {
  const alasql = peer('alasql')
  if (alasql === null) return null
  const q1 = alasql.compile(`SELECT page, ${AGGREGATES} FROM ? GROUP BY page`)
  const q2 = alasql.compile(
    "SELECT country, device, COUNT(*) AS cnt FROM ? WHERE event_type='page_view' AND latency_ms>100 GROUP BY country, device",
  )
  const q5 = alasql.compile('SELECT user_id, page, latency_ms, event_ms FROM ? WHERE latency_ms>400')
  const q6 = alasql.compile('SELECT page, COUNT(DISTINCT user_id) AS users FROM ? GROUP BY page')
  const q7 = alasql.compile(
    `SELECT r.category, ${AGGREGATES.replaceAll('latency_ms', 'e.latency_ms')} FROM ? e JOIN ? r ON e.page=r.page GROUP BY r.category`,
  )
  const aggregated = row => row.s + row.mn + row.mx
  return {
    q1: buffers => overWindows(buffers, 60_000, 60_000, events => q1([events]), aggregated),
    q2: buffers =>
      overWindows(
        buffers,
        300_000,
        60_000,
        events => q2([events]),
        row => row.cnt,
      ),
    q5: buffers => {
      let [rows, sizeBytes] = [0, 0]
      for (const batch of buffers)
        for (const row of q5([batch.map(parsed)])) {
          rows++
          sizeBytes += Buffer.from(`${JSON.stringify(row)}\n`).length
        }
      return [rows, sizeBytes]
    },
    q6: buffers =>
      overWindows(
        buffers,
        60_000,
        60_000,
        events => q6([events]),
        row => row.users,
      ),
    q7: (buffers, table) => overWindows(buffers, 60_000, 60_000, events => q7([events, table]), aggregated),
  }
}

const parsed = record => JSON.parse(record.toString())

function overWindows(buffers, sizeMs, slideMs, query, checkOf) {
  const open = new Map()
  let [latest, rows, sum] = [0, 0, 0]
  const close = before => {
    for (const [start, events] of open) {
      if (start + sizeMs > before) continue
      for (const row of query(events)) {
        rows++
        sum += checkOf(row)
      }
      open.delete(start)
    }
  }
  for (const batch of buffers) {
    for (const record of batch) {
      const event = parsed(record)
      const time = event.event_ms
      if (time > latest) latest = time
      const last = time - (time % slideMs)
      for (let start = last - sizeMs + slideMs; start <= last; start += slideMs) {
        const events = open.get(start)
        if (events === undefined) open.set(start, [event])
        else events.push(event)
      }
    }
    close(latest - WATERMARK_MS)
  }
  close(Number.POSITIVE_INFINITY)
  return [rows, Math.round(sum)]
}
