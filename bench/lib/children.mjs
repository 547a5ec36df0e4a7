// Engines that run in new processes: each repeat starts cold.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median } from './measure.mjs'

const child = fileURLToPath(new URL('child.mjs', import.meta.url))

/** Engines for the runner. The memory of a run is the peak above the input, in MiB; the figure is the median of the runs. */
export function childEngines(events) {
  return [
    ['by hand', 'handwritten', 'by-hand'],
    ['millrace', 'ours', 'millrace'],
  ].map(([name, role, engine]) => {
    const aboveMb = []
    const once = () => {
      const text = execFileSync(process.execPath, ['--expose-gc', child, engine, String(events)], { encoding: 'utf8' })
      const result = JSON.parse(text)
      aboveMb.push(result.aboveMb)
      return result
    }
    return {
      name,
      role,
      answer: () => once().answer,
      run: () => {
        const { cpu, wall } = once()
        return { measured: { cpu, wall } }
      },
      extra: () => ({ mbAboveInput: median(aboveMb) }),
    }
  })
}
