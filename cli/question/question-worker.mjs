// Answers one question and ends. The text was made by processors/question/emit.ts: no word of a user stands in it. All the same
// the engine is left without the doors that it has by itself: functions of users, files and addresses in FROM and INTO.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)
/** The build puts the engine beside this file; a checkout has it among its packages. */
function engine() {
  try {
    return require(fileURLToPath(new URL('./alasql.cjs', import.meta.url)))
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    return require(join(dirname(require.resolve('alasql')), 'alasql.min.js'))
  }
}

const alasql = engine()
alasql.fn = {}
alasql.aggr = {}
alasql.from = {}
alasql.into = {}
alasql.options.cache = false
for (const name of ['fetch', 'XMLHttpRequest', 'WebSocket', 'importScripts']) delete globalThis[name]

/** LIKE with regard to case, without patterns that can take for ever. */
alasql.utils.like = (pattern, value) => {
  if (typeof value !== 'string') return false
  let [p, v, star, from] = [0, 0, -1, 0]
  while (v < value.length) {
    if (pattern[p] === '%') {
      star = p++
      from = v
    } else if (p < pattern.length && (pattern[p] === '_' || pattern[p] === value[v])) {
      p++
      v++
    } else if (star >= 0) {
      p = star + 1
      v = ++from
    } else return false
  }
  while (pattern[p] === '%') p++
  return p === pattern.length
}

const { text, parameters, tables, columns, order, limit } = workerData
// Escape blocks of JavaScript stand in back quotes, names and texts in quotes: none of it may be in what our emitter wrote.
if (!/^[A-Za-z0-9_ .,?()<>=*+/-]+$/.test(text))
  throw new Error('the text of a question holds a character that it never has')
tables.forEach(({ names, rows }, index) => {
  alasql(`CREATE TABLE t${index}`)
  alasql.tables[`t${index}`].data = Array.from({ length: rows.length }, (_, row) =>
    Object.fromEntries(names.map((name, column) => [`c${name}`, rows.columns[column][row]])),
  )
})
// From here on its time counts.
parentPort.postMessage('ready')
const answer = alasql(text, parameters)
// The engine leaves what is NULL undefined, or not a number.
const cell = value => (value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : value)
const results = columns + order.filter(({ result }) => result >= columns).length
const rows = answer.map(row => Array.from({ length: results }, (_, index) => cell(row[`r${index}`])))
// Not by the engine, to which NULL is 0.
if (order.length > 0)
  rows.sort((left, right) => {
    for (const { result, isDescending, isNullFirst } of order) {
      const [a, b] = [left[result], right[result]]
      if (a === b) continue
      if (a === null || b === null) return (a === null) === isNullFirst ? -1 : 1
      return a < b === isDescending ? 1 : -1
    }
    return 0
  })
parentPort.postMessage(rows.slice(0, limit + 1).map(row => row.slice(0, columns)))
