/**
 * The sample of this example: twenty minutes of posts, likes and shares in which one tag rises from nothing. The same every time:
 * `node generate.mjs > sample.jsonl`.
 */
let seed = 42
/** From 0, included, to 1, excluded (a linear congruential generator: Numerical Recipes). */
const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296
const pick = list => list[Math.floor(random() * list.length)]

const START = Date.UTC(2024, 4, 6, 18)
const TAGS = ['#coffee', '#coffee', '#cats', '#cats', '#cats', '#news', '#running', '#music']
const AUTHORS = Array.from({ length: 25 }, (_, i) => `u${String(i + 1).padStart(2, '0')}`)
const ACTIONS = ['post', 'like', 'like', 'like', 'share']
const text = ms => new Date(START + Math.floor(ms)).toISOString().replace('T', ' ').replace('Z', '')

const lines = []
// A bot likes from minute twelve to thirteen as fast as it can.
const isBotTime = ms => ms > 720_000 && ms < 780_000
for (let ms = 0; ms < 1_200_000; ms += (isBotTime(ms) ? 100 : 300) + random() * (isBotTime(ms) ? 2_000 : 3_000)) {
  // From the eighth minute on something happens, and people talk about it more and more.
  const rising = ms > 480_000 && random() < Math.min(0.6, (ms - 480_000) / 600_000)
  const action = pick(ACTIONS)
  const bot = isBotTime(ms) && random() < 0.6
  lines.push(
    JSON.stringify({
      arrival: text(ms),
      author: bot ? 'bot9' : pick(AUTHORS),
      action: bot ? 'like' : action,
      tag: rising ? '#eclipse' : random() < 0.05 ? null : pick(TAGS),
      lang: pick(['en', 'en', 'de', 'fr']),
    }),
  )
}
// An older client, whose tags are lists (they are taken as their text), and a line that was cut.
lines.splice(
  250,
  0,
  '{"arrival":"2024-05-06 18:07:30.000","author":"u03","action":"post","tag":["#old"],"lang":{"id":"en"}}',
)
lines.splice(400, 0, '{"arrival":"2024-05-06 18:12:00.000","author":')
process.stdout.write(`${lines.join('\n')}\n`)
