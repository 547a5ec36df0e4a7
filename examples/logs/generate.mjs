/**
 * The sample of this example: half an hour of a web server's log, with a release that fails for some minutes and a visitor that
 * looks for open doors. The same every time: `node generate.mjs > sample.jsonl`.
 */
let seed = 11
/** From 0, included, to 1, excluded (a linear congruential generator: Numerical Recipes). */
const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296
const pick = list => list[Math.floor(random() * list.length)]

const START = Date.UTC(2024, 4, 6, 12)
const PATHS = ['/', '/', '/', '/products', '/products/7', '/cart', '/about', '/img/logo.png']
const PROBES = [
  '/wp-login.php',
  '/.env',
  '/admin',
  '/phpmyadmin',
  '/backup.zip',
  '/.git/config',
  '/shell',
  '/cgi-bin/test',
]
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const pad = n => String(n).padStart(2, '0')
function stamp(ms) {
  const t = new Date(START + ms)
  const time = `${pad(t.getUTCHours())}:${pad(t.getUTCMinutes())}:${pad(t.getUTCSeconds())}`
  return `${pad(t.getUTCDate())}/${MONTHS[t.getUTCMonth()]}/${t.getUTCFullYear()}:${time} +0000`
}

const entries = []
const log = (ms, address, request, status, bytes) =>
  entries.push({ ms, line: `${address} - - [${stamp(ms)}] "${request} HTTP/1.1" ${status} ${bytes}` })
for (let ms = 0; ms < 1_800_000; ms += 500 + random() * 4_500) {
  const broken = ms > 900_000 && ms < 1_080_000 && random() < 0.45
  const path = pick(PATHS)
  const status = broken ? pick([500, 502, 503]) : random() < 0.04 ? 404 : path === '/cart' && random() < 0.2 ? 302 : 200
  const address = `10.0.${Math.floor(random() * 4)}.${Math.floor(random() * 30)}`
  log(
    ms,
    address,
    `${random() < 0.9 ? 'GET' : 'POST'} ${path}`,
    status,
    status === 200 ? Math.floor(random() * 9_000) : '-',
  )
}
PROBES.forEach((path, i) => log(1_350_000 + i * 900, '203.0.113.9', `GET ${path}`, 404, 196))
// What no log should hold, and some do.
entries.push({ ms: 300_000, line: 'server restarted' }, { ms: 1_200_000, line: '' })

const text = ms => new Date(START + Math.floor(ms)).toISOString().replace('T', ' ').replace('Z', '')
const lines = entries
  .sort((a, b) => a.ms - b.ms)
  .map(({ ms, line }) => JSON.stringify({ arrival: text(ms), host: ms % 2 < 1 ? 'web-1' : 'web-2', message: line }))
lines.splice(150, 0, '{"arrival":"2024-05-06 12:06:10.000","host":"web-1","message":')
process.stdout.write(`${lines.join('\n')}\n`)
