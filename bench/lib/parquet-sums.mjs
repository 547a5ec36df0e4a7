// What DuckDB reads in Parquet files: rows, and a sum over every value, so that engines can be compared by what they wrote.

/** How a column goes into the sum. */
const TERMS = {
  text: name => `SUM(length(${name}))`,
  number: name => `SUM(${name} % 1000000)`,
  instant: name => `SUM(epoch_ms(${name}) % 1000000)`,
  list: name => `SUM(length(array_to_string(${name}, ',')))`,
  map: name => `SUM(cardinality(${name})) + SUM(list_sum(map_values(${name})))`,
}
const quoted = name =>
  name
    .split('.')
    .map(part => `"${part}"`)
    .join('.')

/**
 * @param file a path, or a pattern of paths
 * @param columns `text`, `number`, `instant`, `list` (of texts) or `map` (to numbers) by name; members of structs behind a point
 * @returns rows, and the sum of lengths of texts and of numbers and milliseconds modulo a million, rounded
 */
export async function parquetSums(file, columns) {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const sums = Object.entries(columns).map(([name, kind]) => `COALESCE(${TERMS[kind](quoted(name))}, 0)`)
  const query = `SELECT COUNT(*), CAST(${sums.join('+')} AS DOUBLE) FROM '${file}'`
  const [[rows, sum]] = (await connection.runAndReadAll(query)).getRowsJS()
  connection.closeSync()
  instance.closeSync()
  return [Number(rows), Math.round(sum)]
}
