// RANDOM_CUT_FOREST on the labelled series of the Numenta Anomaly Benchmark, beside scores of other detectors, and its speed.
//
//     npm run build && node bench/forest.mjs [--data DIR] [--beside NAME=DIR ...] [--trees 100] [--size 256] [--decay 100000]
//         [--shingle 1] [--seeds 3]
//
// DIR of --data has NAB's `data` and `labels` (default ../shared/data/nab). DIR of --beside has FILE.csv.txt with one score
// a row, as test/oracles/rrcf/score.py writes; only series that every detector has scored are compared.
//
// Recall: of each series the `budget` highest scores after the first 15 % of rows alert; a labelled window counts as found
// when an alert lies in it. NAB score: the standard profile of Lavin and Ahmad, Evaluating Real-time Anomaly Detection
// Algorithms (ICMLA 2015), over these series, one threshold for all of them, chosen for the best score as NAB does.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Hotspots } from '../dist/processors/analytics/hotspots.js'
import { RandomCutForest } from '../dist/processors/analytics/random-cut-forest/random-cut-forest.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(root, '../shared/data/nab') },
    beside: { type: 'string', multiple: true, default: [] },
    trees: { type: 'string', default: '100' },
    size: { type: 'string', default: '256' },
    decay: { type: 'string', default: '100000' },
    shingle: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '3' },
  },
})
const parameters = {
  numberOfTrees: Number(options.trees),
  subSampleSize: Number(options.size),
  timeDecay: Number(options.decay),
  shingleSize: Number(options.shingle),
}
const BUDGETS = [5, 10, 20, 40]

function readSeries() {
  if (!existsSync(join(options.data, 'labels'))) return []
  const labels = JSON.parse(readFileSync(join(options.data, 'labels/combined_windows.json'), 'utf8'))
  const found = []
  for (const group of readdirSync(join(options.data, 'data'))) {
    for (const file of readdirSync(join(options.data, 'data', group))) {
      const lines = readFileSync(join(options.data, 'data', group, file), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
      const times = lines.map(line => line.slice(0, 19))
      const values = Float64Array.from(lines, line => Number(line.slice(line.lastIndexOf(',') + 1)))
      // Where times repeat or run back, a window is the rows from the first to the last that lies in it.
      const windows = labels[`${group}/${file}`].map(([start, end]) => [
        times.findIndex(time => time >= start.slice(0, 19)),
        times.findLastIndex(time => time <= end.slice(0, 19)),
      ])
      found.push({ file, values, windows })
    }
  }
  return found
}

function forestScores(values, seed) {
  const forest = new RandomCutForest({ columns: 1, parameters, seed })
  const scores = new Float64Array(values.length)
  forest.score(values, values.length, scores)
  return scores
}

/** Labelled windows that the highest scores of each series find. */
function windowsFound(series, scoresOf, budget) {
  let found = 0
  for (const one of series) {
    const scores = scoresOf(one)
    const rows = Array.from(scores.keys()).slice(Math.floor(scores.length * 0.15))
    const alerts = rows.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, budget)
    found += one.windows.filter(([start, end]) => alerts.some(row => row >= start && row <= end)).length
  }
  return found
}

const FALSE_ALERT_WEIGHT = 0.11
const sigmoid = place => (place > 3 ? -1 : 2 / (1 + Math.exp(5 * place)) - 1)

/** 0 for a detector that never alerts, 100 for one that alerts once at the start of each window. */
function nabScore(series, scoresOf) {
  // What each alert adds, so that thresholds can be swept from above.
  const events = []
  let windowCount = 0
  for (const one of series) {
    const scores = scoresOf(one)
    const first = Math.floor(0.15 * Math.min(scores.length, 5_000))
    windowCount += one.windows.length
    const window = Int32Array.from(scores, () => -1)
    for (const [index, [start, end]] of one.windows.entries()) window.fill(index, start, end + 1)
    let last = null
    const best = one.windows.map(() => ({ value: -1 }))
    for (let row = 0; row < scores.length; row++) {
      if (window[row] >= 0) {
        last = one.windows[window[row]]
        const place = -(last[1] - row + 1) / (last[1] - last[0] + 1)
        if (row >= first)
          events.push({ score: scores[row], hit: best[window[row]], adds: sigmoid(place) / sigmoid(-1) })
      } else if (row >= first) {
        const place = last === null ? Infinity : (row - last[1]) / Math.max(1, last[1] - last[0])
        events.push({ score: scores[row], hit: null, adds: FALSE_ALERT_WEIGHT * sigmoid(place) })
      }
    }
  }
  events.sort((a, b) => b.score - a.score)
  let total = -windowCount
  let greatest = total
  for (const [index, { score, hit, adds }] of events.entries()) {
    if (hit === null) total += adds
    else if (adds > hit.value) {
      total += adds - hit.value
      hit.value = adds
    }
    if (events[index + 1]?.score !== score) greatest = Math.max(greatest, total)
  }
  return (100 * (greatest + windowCount)) / (2 * windowCount)
}

function quality() {
  const beside = options.beside.map(text => text.split('='))
  const scored = (directory, { file }) => join(directory, `${file}.txt`)
  const all = readSeries()
  const series = all.filter(one => beside.every(([, directory]) => existsSync(scored(directory, one))))
  if (series.length === 0) return console.log(`quality: skipped, no series in ${options.data}`)
  const windowCount = series.reduce((sum, { windows }) => sum + windows.length, 0)
  console.log(
    `${series.length} of ${all.length} series, ${windowCount} labelled windows; ${JSON.stringify(parameters)}\n`,
  )
  const line = cells => console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(11))).join(''))
  line(['windows found, alerts:', ...BUDGETS.map(budget => `${budget}/series`), 'NAB score'])
  const report = (name, scoresOf) => {
    const found = BUDGETS.map(budget => windowsFound(series, scoresOf, budget))
    const score = nabScore(series, scoresOf)
    line([name, ...found.map(count => `${count} (${Math.round((100 * count) / windowCount)} %)`), score.toFixed(1)])
  }
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    const scores = new Map(series.map(one => [one, forestScores(one.values, seed)]))
    report(`forest, seed ${seed}`, one => scores.get(one))
  }
  for (const [name, directory] of beside) {
    const read = one => Float64Array.from(readFileSync(scored(directory, one), 'utf8').trim().split('\n'), Number)
    const scores = new Map(series.map(one => [one, read(one)]))
    report(name || basename(directory), one => scores.get(one))
  }
}

function speed() {
  console.log(`\nrows a second of one core's time, ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`)
  for (const [columns, shingleSize, explained] of [
    [1, 1, false],
    [2, 1, false],
    [2, 1, true],
    [1, 8, false],
  ]) {
    const forest = new RandomCutForest({ columns, parameters: { shingleSize }, seed: 1 })
    const rows = 1_000
    const values = new Float64Array(rows * columns)
    const scores = new Float64Array(rows)
    const parts = explained ? new Float64Array(rows * columns * 2) : null
    let state = 1
    const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
    const push = batch => {
      for (let i = 0; i < values.length; i++) values[i] = Math.sin((batch * rows + i) / 50) * 10 + random()
      forest.score(values, rows, scores, parts)
    }
    for (let batch = 0; batch < 10; batch++) push(batch)
    const before = process.cpuUsage()
    for (let batch = 10; batch < 60; batch++) push(batch)
    const used = process.cpuUsage(before)
    const rate = (50 * rows) / ((used.user + used.system) / 1e6)
    const shape = `100 trees x 256, ${columns} columns, shingle ${shingleSize}${explained ? ', explained' : ''}`
    console.log(`${shape.padEnd(50)} ${Math.round(rate).toLocaleString('en').padStart(9)}`)
  }
}

/** One crowd is the best case, because its first point links all others; in a chain every point links one more. */
function hotspotSpeed() {
  for (const [shape, step] of [
    ['one crowd', 0],
    ['a chain', 0.9],
  ]) {
    const parameters = { windowSize: 1_000, scanRadius: 1, minimumNumberOfPointsInAHotspot: 20 }
    const hotspots = new Hotspots(parameters, 2)
    const row = new Float64Array(2)
    const push = number => {
      row[0] = number * step
      row[1] = (number % 7) / 100
      hotspots.push(row, 0)
    }
    for (let number = 0; number < 1_500; number++) push(number)
    const before = process.cpuUsage()
    for (let number = 1_500; number < 2_500; number++) push(number)
    const used = process.cpuUsage(before)
    const rate = 1_000 / ((used.user + used.system) / 1e6)
    console.log(
      `${`HOTSPOTS over 1,000 rows, ${shape}`.padEnd(50)} ${Math.round(rate).toLocaleString('en').padStart(9)}`,
    )
  }
}

quality()
speed()
hotspotSpeed()
