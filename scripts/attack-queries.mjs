// Runs programs of hostile names and literals, as generated code and by the interpreter, with Object.prototype frozen and a
// trap on it. Stops at the first that breaks what test/processors/codegen/attack-queries.ts says must hold.
//   node scripts/attack-queries.mjs [programs, default 1,000,000] [seed, default 1]
import { createJiti } from 'jiti'

const count = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)
const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: true })
const { attack } = await jiti.import('../test/processors/codegen/attack-queries.ts')

// Whoever assigns to a property that a prototype should not have falls into the trap.
Object.defineProperty(Object.prototype, 'polluted', {
  get: () => undefined,
  set: () => {
    throw new Error('something wrote to Object.prototype')
  },
})
Object.freeze(Object.prototype)
Object.freeze(Array.prototype)
Object.freeze(Function.prototype)

const PART = 10_000
const started = process.hrtime.bigint()
const total = { ran: 0, refused: 0, withRows: 0 }
for (let done = 0, part = 0; done < count; part++) {
  const next = Math.min(PART, count - done)
  const result = attack(seed * 1_000 + part, next)
  for (const key of Object.keys(total)) total[key] += result[key]
  done += next
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1_000
  console.log(`${done} programs in ${seconds.toFixed(0)} s: ${JSON.stringify(total)}`)
}
console.log('nothing but the programs ran, and both ways gave the same')
