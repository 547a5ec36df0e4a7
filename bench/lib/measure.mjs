// Interleaved repeats, medians of the CPU time of the process: on a shared machine only ratios within one run are safe.
import { cpus } from 'node:os'

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Runs each variant once to warm up, then `repeats` times in turn.
 * @param variants functions by name
 * @returns by name the medians of CPU and wall time in milliseconds, with the least and the greatest CPU time
 */
export function interleave(variants, repeats) {
  const names = Object.keys(variants)
  const times = new Map(names.map(name => [name, { cpu: [], wall: [] }]))
  for (let repeat = -1; repeat < repeats; repeat++)
    for (const name of names) {
      globalThis.gc?.()
      const [cpuBefore, wallBefore] = [cpuMs(), performance.now()]
      variants[name]()
      const [cpu, wall] = [cpuMs() - cpuBefore, performance.now() - wallBefore]
      if (repeat < 0) continue
      times.get(name).cpu.push(cpu)
      times.get(name).wall.push(wall)
    }
  return new Map(
    names.map(name => {
      const { cpu, wall } = times.get(name)
      return [name, { cpu: median(cpu), min: Math.min(...cpu), max: Math.max(...cpu), wall: median(wall) }]
    }),
  )
}

/** Prints a line for each variant: nanoseconds an event, events a second, bytes a second, and times faster than `base`. */
export function printTable(title, results, { events, bytes, base }) {
  console.log(`\n${title}`)
  for (const [name, { cpu, min, max, wall }] of results) {
    const ns = ms => ((ms * 1e6) / events).toFixed(0)
    const ratio = results.has(base) ? `${(results.get(base).cpu / cpu).toFixed(2)}x` : ''
    console.log(
      [
        `  ${name.padEnd(44)}`,
        `${ns(cpu).padStart(6)} ns/event`,
        `${(events / cpu / 1e3).toFixed(2).padStart(6)} M/s`,
        `${(bytes / cpu / 1e6).toFixed(2).padStart(5)} GB/s`,
        ratio.padStart(8),
        `  cpu ${ns(min)}..${ns(max)}  wall ${ns(wall)}`,
      ].join(' '),
    )
  }
}

/** One line on where the figures come from. */
export function printMachine() {
  const [cpu] = cpus()
  console.log(`node ${process.version}, V8 ${process.versions.v8}, ${cpus().length} x ${cpu?.model ?? 'unknown CPU'}`)
}
