// Runs a program in this process and prints its rows as JSON; host.test.ts starts it with and without code from strings.
import { createJiti } from 'jiti'

const jiti = createJiti(import.meta.url, { fsCache: false })
const { run } = await jiti.import('./run-program.ts')
console.log(JSON.stringify(run()))
