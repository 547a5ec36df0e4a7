// One comparison: engines over one input, which must agree before anything is timed, then interleaved repeats and their ratios.
import { interleave, machine } from './measure.mjs'

/** What an engine is to ours; also the names of `ratios` in the JSON. */
export const PEERS = ['handwritten', 'alasql', 'duckdbScan', 'duckdbMicro', 'floor', 'hyparquetWriter', 'parquetjsLite']

/** Sums of doubles may differ in the order of adding; the check sums are rounded. */
const CHECK_TOLERANCE = 1

/**
 * @param comparison `bench` and `case` name it, `title` says it; `events` and `bytes` are the size of the input; `engines` is a
 *   list of `{ name, role, run }`: `role` one of PEERS, or `ours`; `run` gives `[rows, check sum]` (or a promise of it), or null
 *   where there is nothing to compare. The first engine with an answer is the reference. `answer`: what gives the answer where
 *   `run` does not; `only: 'rows'`: the check sum means something else; `extra`: other figures by name, asked with the times when all is run
 * @param options `repeats`, and `print`, which takes a line of text
 * @returns a list of `{bench, case, engine, nsPerEvent, ratios, verified, node, cpu}`, one for each of our engines and each peer
 * @throws Error when two engines disagree
 */
export async function compare(comparison, { repeats, print }) {
  const { events, bytes = 0, engines } = comparison
  print(`\n${comparison.bench} ${comparison.case}: ${comparison.title}`)
  const verified = await verify(comparison, print)
  const times = await interleave(new Map(engines.map(({ name, run }) => [name, run])), repeats)
  const nsOf = ms => (ms * 1e6) / events
  const results = []
  for (const { name, role, extra } of engines) {
    const others = extra?.(times) ?? {}
    const { cpu, min, max, wall } = times.get(name)
    const ratios = {}
    if (role === 'ours')
      for (const peer of PEERS) {
        const beside = engines.filter(engine => engine.role === peer).map(engine => times.get(engine.name).cpu)
        // Of several peers of a kind the best one counts; to the floor it is a distance and not a speed.
        if (beside.length > 0) ratios[peer] = peer === 'floor' ? cpu / Math.min(...beside) : Math.min(...beside) / cpu
      }
    print(
      [
        `  ${name.padEnd(46)}`,
        `${nsOf(cpu).toFixed(0).padStart(7)} ns/event`,
        `${(events / cpu / 1e3).toFixed(2).padStart(6)} M/s`,
        bytes > 0 ? `${(bytes / cpu / 1e6).toFixed(2).padStart(6)} GB/s` : ''.padStart(11),
        ` cpu ${nsOf(min).toFixed(0)}..${nsOf(max).toFixed(0)} wall ${nsOf(wall).toFixed(0)}`.padEnd(28),
        ...Object.entries(ratios).map(([peer, ratio]) => `${peer} ${ratio.toFixed(2)}x`),
        ...Object.entries(others).map(([what, value]) => `${what} ${value.toFixed(1)}`),
      ].join(' '),
    )
    results.push({
      bench: comparison.bench,
      case: comparison.case,
      engine: name,
      nsPerEvent: nsOf(cpu),
      ratios,
      verified,
      ...machine(),
      ...others,
    })
  }
  return results
}

/** Runs every engine once and compares what it says. False where there is only one that says anything. */
async function verify({ engines }, print) {
  let reference = null
  let compared = 0
  for (const { name, run, answer: answerOf = run, only } of engines) {
    const answer = await answerOf()
    if (answer === null || answer === undefined) continue
    if (reference === null) {
      reference = { name, answer }
      continue
    }
    const [rows, check] = answer
    const agree =
      rows === reference.answer[0] && (only === 'rows' || Math.abs(check - reference.answer[1]) <= CHECK_TOLERANCE)
    if (!agree) throw new Error(`${name} gives ${answer}, ${reference.name} ${reference.answer} (rows, check sum)`)
    compared++
  }
  if (compared > 0)
    print(`  verified: ${compared + 1} engines agree on ${reference.answer[0]} rows, check sum ${reference.answer[1]}`)
  return compared > 0
}
