// Nexmark in the dialect, and each query once more as a loop by hand. Both sum up one number of each row (`check`).

const BIDS = 'FROM "SOURCE_SQL_STREAM_001" AS "S" WHERE "event_type" = 2'
const out = (columns, query) => `
  CREATE OR REPLACE STREAM "OUT" (${columns});
  CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT" ${query};`

/** A stream of its own for some events, with a watermark 4 s behind, as Nexmark's source has it. */
const events = (stream, columns, kind) => `
  CREATE OR REPLACE STREAM "${stream}" ("dateTime" TIMESTAMP, ${columns.map(([name, type]) => `"${name}" ${type}`).join(', ')},
    WATERMARK FOR "dateTime" AS "dateTime" - INTERVAL '4' SECOND);
  CREATE OR REPLACE PUMP "${stream}_PUMP" AS INSERT INTO "${stream}"
    SELECT STREAM "dateTime", ${columns.map(([name]) => `"${name}"`).join(', ')}
    FROM "SOURCE_SQL_STREAM_001" AS "S" WHERE "event_type" = ${kind};`

const isBid = event => event.event_type === 2
const timeOf = event => Date.parse(event.dateTime)

/** Rows and the sum of what `check` says of each event that passes. */
const eachBid = check => events => {
  let [rows, sum] = [0, 0]
  for (const event of events) {
    if (!isBid(event)) continue
    const value = check(event)
    if (value === null) continue
    rows++
    sum += value
  }
  return [rows, Math.round(sum)]
}

const grouped = (events, keyOf, valueOf, rowOf) => {
  const groups = new Map()
  for (const event of events) {
    const key = keyOf(event)
    if (key === null) continue
    groups.set(key, valueOf(groups.get(key), event))
  }
  let sum = 0
  for (const group of groups.values()) sum += rowOf(group)
  return [groups.size, Math.round(sum)]
}

const channelOf = ({ channel, url }) => {
  const known = { apple: 0, google: 1, facebook: 2, baidu: 3 }[channel.toLowerCase()]
  if (known !== undefined) return known
  const found = /(?:&|^)channel_id=([^&]*)/.exec(url)
  return found === null ? null : Number(found[1])
}

/** By name: `text`; `check`, the column (by index) that is summed; `byHand` over parsed events. */
export const NEXMARK_QUERIES = {
  q0: {
    title: 'pass through',
    text: out(
      '"auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "channel" VARCHAR(32), "url" VARCHAR(256), "dateTime" TIMESTAMP, "extra" VARCHAR(256)',
      `SELECT STREAM "auction", "bidder", "price", "channel", "url", "dateTime", "extra" ${BIDS}`,
    ),
    check: 2,
    byHand: eachBid(({ price }) => price),
  },
  q1: {
    title: 'price in another currency, exactly',
    text: out(
      '"auction" BIGINT, "bidder" BIGINT, "price" DECIMAL(18,3), "dateTime" TIMESTAMP, "extra" VARCHAR(256)',
      `SELECT STREAM "auction", "bidder", 0.908 * "price", "dateTime", "extra" ${BIDS}`,
    ),
    check: 2,
    byHand: eachBid(({ price }) => price * 908),
  },
  q2: {
    title: 'bids on some auctions',
    text: out(
      '"auction" BIGINT, "price" BIGINT',
      `SELECT STREAM "auction", "price" ${BIDS} AND MOD("auction", 123) = 0`,
    ),
    check: 1,
    byHand: eachBid(({ auction, price }) => (auction % 123 === 0 ? price : null)),
  },
  q11: {
    title: 'bids of each user by session, gap 10 s',
    text: `${events('BIDS', [['bidder', 'BIGINT']], 2)}${out(
      '"bidder" BIGINT, "cnt" BIGINT, "start" TIMESTAMP, "end" TIMESTAMP',
      `SELECT STREAM "bidder", COUNT(*), window_start, window_end
       FROM TABLE(SESSION(TABLE "BIDS" PARTITION BY "bidder", DESCRIPTOR("dateTime"), INTERVAL '10' SECOND))
       GROUP BY window_start, window_end, "bidder"`,
    )}`,
    check: 1,
    byHand(events) {
      const sessions = new Map()
      let [rows, sum] = [0, 0]
      const emit = session => {
        rows++
        sum += session.count
      }
      for (const event of events) {
        if (!isBid(event)) continue
        const time = timeOf(event)
        const session = sessions.get(event.bidder)
        if (session !== undefined && time < session.end + 10_000) {
          session.count++
          session.end = time
          continue
        }
        if (session !== undefined) emit(session)
        sessions.set(event.bidder, { count: 1, end: time })
      }
      sessions.forEach(emit)
      return [rows, sum]
    },
  },
  q12: {
    title: 'bids of each user in 10 s of arrival',
    text: out(
      '"bidder" BIGINT, "cnt" BIGINT',
      `SELECT STREAM "bidder", COUNT(*) ${BIDS} GROUP BY "bidder", STEP("S".ROWTIME BY INTERVAL '10' SECOND)`,
    ),
    check: 1,
    byHand: events =>
      grouped(
        events,
        event => (isBid(event) ? `${event.bidder}|${Math.floor(timeOf(event) / 10_000)}` : null),
        count => (count ?? 0) + 1,
        count => count,
      ),
  },
  q13: {
    title: 'join with a bounded side table',
    joins: true,
    text: out(
      '"auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "dateTime" TIMESTAMP, "value" VARCHAR(16)',
      `SELECT STREAM "S"."auction", "S"."bidder", "S"."price", "S"."dateTime", "T"."value"
       FROM "SOURCE_SQL_STREAM_001" AS "S" JOIN "SIDE" AS "T" ON MOD("S"."auction", 10000) = "T"."key"
       WHERE "S"."event_type" = 2`,
    ),
    check: 2,
    byHand(events, side) {
      const values = new Map(side.map(({ key, value }) => [key, value]))
      return eachBid(({ auction, price }) => (values.has(auction % 10_000) ? price : null))(events)
    },
  },
  q17: {
    title: 'statistics of each auction and day',
    text: out(
      '"auction" BIGINT, "bids" BIGINT, "low" BIGINT, "middle" BIGINT, "high" BIGINT, "least" BIGINT, "greatest" BIGINT, "average" BIGINT, "total" BIGINT',
      `SELECT STREAM "auction", COUNT(*), COUNT(*) FILTER (WHERE "price" < 10000),
         COUNT(*) FILTER (WHERE "price" >= 10000 AND "price" < 1000000), COUNT(*) FILTER (WHERE "price" >= 1000000),
         MIN("price"), MAX("price"), AVG("price"), SUM("price") ${BIDS}
       GROUP BY "auction", STEP("S".ROWTIME BY INTERVAL '1' DAY)`,
    ),
    check: 8,
    byHand: events =>
      grouped(
        events,
        event => (isBid(event) ? `${event.auction}|${event.dateTime.slice(0, 10)}` : null),
        (
          group = { bids: 0, low: 0, middle: 0, high: 0, least: Infinity, greatest: -Infinity, total: 0 },
          { price },
        ) => {
          group.bids++
          if (price < 10_000) group.low++
          else if (price < 1_000_000) group.middle++
          else group.high++
          if (price < group.least) group.least = price
          if (price > group.greatest) group.greatest = price
          group.total += price
          return group
        },
        group => group.total,
      ),
  },
  q21: {
    title: 'channel by CASE and a regular expression',
    text: out(
      '"auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "channel" VARCHAR(32), "channel_id" VARCHAR(32)',
      `SELECT STREAM "auction", "bidder", "price", "channel",
         CASE LOWER("channel") WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
           ELSE REGEX_REPLACE("url", '.*[&]channel_id=([^&]*).*', '$1', 1, 0) END
       ${BIDS} AND (LOWER("channel") IN ('apple', 'google', 'facebook', 'baidu') OR "url" LIKE '%&channel_id=%')`,
    ),
    check: 2,
    byHand: eachBid(event => (channelOf(event) === null ? null : event.price)),
  },
  q22: {
    title: 'parts of a URL',
    // The parts are cut at every "/": the first is the scheme, the second is empty, the third the host.
    text: out(
      '"auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "channel" VARCHAR(32), "dir1" VARCHAR(64), "dir2" VARCHAR(64), "dir3" VARCHAR(64)',
      `SELECT STREAM "T"."auction", "T"."bidder", "T"."price", "T"."channel", "T"."R"."dir1", "T"."R"."dir2", "T"."R"."dir3"
       FROM (SELECT STREAM "auction", "bidder", "price", "channel", VARIABLE_COLUMN_LOG_PARSE("url",
         '"scheme" TYPE VARCHAR(16), "empty" TYPE VARCHAR(1), "host" TYPE VARCHAR(64), "dir1" TYPE VARCHAR(64), "dir2" TYPE VARCHAR(64), "dir3" TYPE VARCHAR(64)',
         '/') AS "R" ${BIDS}) AS "T"`,
    ),
    check: 2,
    byHand: eachBid(({ price, url }) => {
      const [, , , first, second, third] = url.split('/')
      return first === undefined || second === undefined || third === undefined ? null : price
    }),
  },
  q5: {
    title: 'auctions with most bids in 10 s, every 2 s',
    text: `
      CREATE OR REPLACE STREAM "BIDS" ("auction" BIGINT);
      CREATE OR REPLACE PUMP "BIDS_PUMP" AS INSERT INTO "BIDS" SELECT STREAM "auction" ${BIDS};
      CREATE OR REPLACE STREAM "COUNTS" ("auction" BIGINT, "cnt" BIGINT, "start" TIMESTAMP);
      CREATE OR REPLACE PUMP "COUNTS_PUMP" AS INSERT INTO "COUNTS"
        SELECT STREAM "auction", COUNT(*), window_start
        FROM TABLE(HOP(TABLE "BIDS", DESCRIPTOR(ROWTIME), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
        GROUP BY window_start, window_end, "auction";
      ${out(
        '"auction" BIGINT, "cnt" BIGINT, "start" TIMESTAMP, "rank" INTEGER',
        `SELECT STREAM "auction", "cnt", "start", "rank" FROM TABLE(GROUP_RANK(
           CURSOR(SELECT STREAM "auction", "cnt", "start" FROM "COUNTS"), 'cnt', 'rank', 'desc', 'asc', 0, 0)) AS "R" WHERE "rank" = 1`,
      )}`,
    check: 1,
    byHand(events) {
      const windows = new Map()
      for (const event of events) {
        if (!isBid(event)) continue
        const last = timeOf(event) - (timeOf(event) % 2_000)
        for (let start = last - 8_000; start <= last; start += 2_000) {
          let counts = windows.get(start)
          if (counts === undefined) windows.set(start, (counts = new Map()))
          counts.set(event.auction, (counts.get(event.auction) ?? 0) + 1)
        }
      }
      let [rows, sum] = [0, 0]
      for (const counts of windows.values()) {
        let most = 0
        for (const count of counts.values()) if (count > most) most = count
        for (const count of counts.values())
          if (count === most) {
            rows++
            sum += count
          }
      }
      return [rows, sum]
    },
  },
  q7: {
    title: 'the highest bids of each 10 s',
    text: `
      CREATE OR REPLACE STREAM "BIDS" ("auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "dateTime" TIMESTAMP);
      CREATE OR REPLACE PUMP "BIDS_PUMP" AS INSERT INTO "BIDS" SELECT STREAM "auction", "bidder", "price", "dateTime" ${BIDS};
      CREATE OR REPLACE STREAM "MOST" ("price" BIGINT, "start" TIMESTAMP);
      CREATE OR REPLACE PUMP "MOST_PUMP" AS INSERT INTO "MOST"
        SELECT STREAM MAX("price"), STEP("B".ROWTIME BY INTERVAL '10' SECOND) FROM "BIDS" AS "B"
        GROUP BY STEP("B".ROWTIME BY INTERVAL '10' SECOND);
      ${out(
        '"auction" BIGINT, "bidder" BIGINT, "price" BIGINT, "dateTime" TIMESTAMP',
        `SELECT STREAM "B"."auction", "B"."bidder", "B"."price", "B"."dateTime"
         FROM "BIDS" OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS "B"
         JOIN "MOST" OVER (RANGE CURRENT ROW) AS "M" ON "B"."price" = "M"."price"
         WHERE "B"."dateTime" >= "M"."start" AND "B"."dateTime" < "M"."start" + INTERVAL '10' SECOND`,
      )}`,
    check: 2,
    byHand(events) {
      const windows = new Map()
      for (const event of events) {
        if (!isBid(event)) continue
        const start = Math.floor(timeOf(event) / 10_000)
        const best = windows.get(start)
        if (best === undefined || event.price > best.price) windows.set(start, { price: event.price, count: 1 })
        else if (event.price === best.price) best.count++
      }
      let [rows, sum] = [0, 0]
      for (const { price, count } of windows.values()) {
        rows += count
        sum += price * count
      }
      return [rows, sum]
    },
  },
  q8: {
    title: 'new persons who opened an auction in the same 10 s',
    text: `
      CREATE OR REPLACE STREAM "PERSONS" ("id" BIGINT, "name" VARCHAR(32), "start" TIMESTAMP);
      CREATE OR REPLACE PUMP "PERSONS_PUMP" AS INSERT INTO "PERSONS"
        SELECT STREAM "id", "name", STEP("S".ROWTIME BY INTERVAL '10' SECOND) FROM "SOURCE_SQL_STREAM_001" AS "S"
        WHERE "event_type" = 0 GROUP BY "id", "name", STEP("S".ROWTIME BY INTERVAL '10' SECOND);
      CREATE OR REPLACE STREAM "SELLERS" ("seller" BIGINT, "start" TIMESTAMP);
      CREATE OR REPLACE PUMP "SELLERS_PUMP" AS INSERT INTO "SELLERS"
        SELECT STREAM "seller", STEP("S".ROWTIME BY INTERVAL '10' SECOND) FROM "SOURCE_SQL_STREAM_001" AS "S"
        WHERE "event_type" = 1 GROUP BY "seller", STEP("S".ROWTIME BY INTERVAL '10' SECOND);
      ${out(
        '"id" BIGINT, "name" VARCHAR(32), "start" TIMESTAMP',
        `SELECT STREAM "P"."id", "P"."name", "P"."start" FROM "PERSONS" OVER (RANGE CURRENT ROW) AS "P"
         JOIN "SELLERS" OVER (RANGE CURRENT ROW) AS "A" ON "P"."id" = "A"."seller" AND "P"."start" = "A"."start"`,
      )}`,
    check: 0,
    byHand(events) {
      const persons = new Set()
      const sellers = new Set()
      for (const event of events) {
        const start = Math.floor(timeOf(event) / 10_000)
        if (event.event_type === 0) persons.add(`${start}|${event.id}`)
        else if (event.event_type === 1) sellers.add(`${start}|${event.seller}`)
      }
      let [rows, sum] = [0, 0]
      for (const key of persons)
        if (sellers.has(key)) {
          rows++
          sum += Number(key.slice(key.indexOf('|') + 1))
        }
      return [rows, sum]
    },
  },
}
