// Events of the Nexmark benchmark as JSON, by its definition: persons, auctions and bids in one stream as 1 to 3 to 46, hot ones
// among them. The generator is our own; sizes, ratios and fields are those of the definition (nexmark/nexmark, GeneratorConfig).
import { parseInputSchema } from './product.mjs'

const EVENTS_PER_SECOND = 10_000
const PERSONS = 1
const AUCTIONS = 3
const PROPORTIONS = 50
const FIRST_ID = 1_000
const FIRST_CATEGORY = 10
const START_AT = Date.UTC(2026, 0, 15, 12, 0, 0)
const RECORDS_PER_BATCH = 1_000
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']
const CITIES = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
]
const NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter']
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple']
const CHANNELS = 10_000

/** Rows of the bounded side table of q13: a text for each of 10,000 keys. */
export const SIDE_ROWS = Array.from({ length: 10_000 }, (_unused, key) => ({ key, value: `side-${key}` }))

export const SIDE_TABLE = { name: 'SIDE', schema: schemaOf({ key: 'BIGINT', value: 'VARCHAR(16)' }) }

/** All fields of the three kinds; an event has those of its own. */
export const nexmarkSchema = schemaOf({
  event_type: 'INTEGER',
  id: 'BIGINT',
  name: 'VARCHAR(32)',
  city: 'VARCHAR(32)',
  state: 'VARCHAR(8)',
  seller: 'BIGINT',
  category: 'INTEGER',
  initialBid: 'BIGINT',
  auction: 'BIGINT',
  bidder: 'BIGINT',
  price: 'BIGINT',
  channel: 'VARCHAR(32)',
  url: 'VARCHAR(256)',
  dateTime: 'TIMESTAMP',
  extra: 'VARCHAR(256)',
})

function schemaOf(columns) {
  return parseInputSchema({
    RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
    RecordColumns: Object.entries(columns).map(([Name, SqlType]) => ({ Name, SqlType, Mapping: `$.${Name}` })),
  })
}

/** Record batches of `count` events; the same for the same count. */
export function nexmarkBatches(count) {
  const next = randomOf(20_261_128)
  const below = end => Math.floor(next() * end)
  const price = () => Math.round(100 * 10 ** (next() * 6))
  const padding = size => 'x'.repeat(Math.max(0, below(size)))
  const lastPerson = i => FIRST_ID + Math.floor(i / PROPORTIONS)
  const lastAuction = i => {
    const offset = i % PROPORTIONS
    return FIRST_ID + Math.floor(i / PROPORTIONS) * AUCTIONS + Math.min(AUCTIONS - 1, Math.max(0, offset - PERSONS))
  }
  const personNear = i => lastPerson(i) - below(Math.min(1_000, lastPerson(i) - FIRST_ID + 1))
  const hotPerson = i => Math.max(FIRST_ID, Math.floor(lastPerson(i) / 100) * 100)
  const eventOf = (i, dateTime) => {
    const offset = i % PROPORTIONS
    if (offset < PERSONS) {
      const name = `${NAMES[below(NAMES.length)]} ${NAMES[below(NAMES.length)]}son`
      return {
        event_type: 0,
        id: lastPerson(i),
        name,
        emailAddress: `${name.toLowerCase().replace(' ', '.')}@example.com`,
        creditCard: Array.from({ length: 4 }, () => String(below(10_000)).padStart(4, '0')).join(' '),
        city: CITIES[below(CITIES.length)],
        state: STATES[below(STATES.length)],
        dateTime,
        extra: padding(100),
      }
    }
    if (offset < PERSONS + AUCTIONS)
      return {
        event_type: 1,
        id: lastAuction(i),
        itemName: `item ${below(1_000)}`,
        description: padding(400),
        initialBid: price(),
        reserve: price(),
        dateTime,
        expires: dateTime,
        seller: below(4) > 0 ? hotPerson(i) : personNear(i),
        category: FIRST_CATEGORY + below(5),
        extra: padding(200),
      }
    const last = lastAuction(i)
    const number = below(CHANNELS)
    const hot = below(2) === 0
    const channel = hot ? HOT_CHANNELS[below(HOT_CHANNELS.length)] : `channel-${number}`
    const query = hot ? '' : `&channel_id=${number * 7}`
    return {
      event_type: 2,
      auction:
        below(2) > 0
          ? Math.max(FIRST_ID, Math.floor(last / 100) * 100)
          : last - below(Math.min(100, last - FIRST_ID + 1)),
      bidder: below(4) > 0 ? hotPerson(i) + (i % 2) : personNear(i),
      price: price(),
      channel,
      url: `https://www.nexmark.com/${'abcdefghij'.slice(below(5))}/${below(1_000)}/item.htm?query=1${query}`,
      dateTime,
      extra: padding(30),
    }
  }
  const batches = []
  for (let from = 0; from < count; from += RECORDS_PER_BATCH) {
    const length = Math.min(RECORDS_PER_BATCH, count - from)
    const times = Float64Array.from(
      { length },
      (_unused, i) => START_AT + Math.floor(((from + i) * 1_000) / EVENTS_PER_SECOND),
    )
    const parts = Array.from(times, (time, i) =>
      Buffer.from(JSON.stringify(eventOf(from + i, new Date(time).toISOString()))),
    )
    let end = 0
    const sizes = Int32Array.from(parts, part => part.length)
    const offsets = sizes.map(size => (end += size) - size)
    batches.push({
      length,
      bytes: new Uint8Array(Buffer.concat(parts)),
      offsets,
      sizes,
      arrivedAt: times,
      rowtimes: times,
      sequenceNumber: index => String(from + index),
      subsequenceNumber: () => 0,
      partitionKey: () => '',
      shardId: () => 'shardId-000000000000',
    })
  }
  return batches
}

/** mulberry32 */
function randomOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
