/**
 * The sample of this example: an hour of card payments, with the frauds that the program finds put in by hand. The same every
 * time: `node generate.mjs > sample.jsonl`.
 */
let seed = 7
/** From 0, included, to 1, excluded (a linear congruential generator: Numerical Recipes). */
const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296
const pick = list => list[Math.floor(random() * list.length)]

const START = Date.UTC(2024, 4, 6, 9)
const MERCHANTS = ['M01', 'M02', 'M03', 'M04', 'M05', 'M06', 'M07', 'M08']
const CARDS = Array.from({ length: 40 }, (_, i) => ({
  card: `4000-${String(1_000 + i * 37)}`,
  country: ['DE', 'FR', 'NL', 'PL'][i % 4],
  usual: 10 + 6 * (i % 5),
}))
const payments = []
const pay = (ms, card, amount, merchant, country) =>
  payments.push({ ms, record: { card, amount: amount.toFixed(2), currency: 'EUR', merchant, country } })

for (let ms = 0; ms < 3_600_000; ms += 4_000 + random() * 9_000) {
  const { card, country, usual } = pick(CARDS)
  pay(ms, card, usual * (0.6 + 0.8 * random()), pick(MERCHANTS), country)
}
// A stolen number is tried out: many small payments within two minutes.
for (let i = 0; i < 9; i++) pay(1_200_000 + i * 12_000, CARDS[3].card, 1 + random(), 'M07', CARDS[3].country)
// One payment far above what its card usually pays.
pay(2_000_000, CARDS[5].card, 950, 'M08', CARDS[5].country)
pay(2_900_000, CARDS[8].card, 1_400, 'M07', CARDS[8].country)
// A card in two countries within minutes.
pay(2_400_000, CARDS[1].card, 31.5, 'M02', CARDS[1].country)
pay(2_640_000, CARDS[1].card, 120, 'M04', 'BR')

const text = ms => new Date(START + Math.floor(ms)).toISOString().replace('T', ' ').replace('Z', '')
const lines = payments
  .sort((a, b) => a.ms - b.ms)
  .map(({ ms, record: { amount, ...rest } }) => {
    // The amount is a number with both its digits, which JavaScript would not print.
    return `{"arrival":"${text(ms)}",${JSON.stringify(rest).slice(1, -1)},"amount":${amount}}`
  })
// What a broken terminal sends: no JSON, and an amount that is none.
lines.splice(100, 0, '{"arrival":"2024-05-06 09:10:00.000","card":"4000-1')
lines.splice(
  200,
  0,
  '{"arrival":"2024-05-06 09:25:00.000","card":"4000-1000","amount":"free","merchant":"M01","country":"DE"}',
)
process.stdout.write(`${lines.join('\n')}\n`)
