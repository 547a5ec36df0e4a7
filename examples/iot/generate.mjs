/**
 * The sample of this example: half an hour of five sensors that measure every ten seconds and send over a bad line, so that some
 * readings arrive late and in another order than they were measured. The same every time: `node generate.mjs > sample.jsonl`.
 */
let seed = 23
/** From 0, included, to 1, excluded (a linear congruential generator: Numerical Recipes). */
const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296

const START = Date.UTC(2024, 4, 6, 6)
const DEVICES = ['s-1', 's-2', 's-3', 's-4', 's-5']
const text = ms => new Date(START + Math.floor(ms)).toISOString().replace('T', ' ').replace('Z', '')

const readings = []
DEVICES.forEach((device, index) => {
  for (let ms = index * 1_700; ms < 1_800_000; ms += 10_000) {
    // The third machine stands still for a while, the fourth runs hot from the twentieth minute on.
    if (device === 's-3' && ms > 600_000 && ms < 900_000) continue
    const heat = device === 's-4' && ms > 1_200_000 ? 18 : 0
    const celsius = 40 + 3 * index + 4 * Math.sin(ms / 200_000 + index) + heat + random()
    // Vibration of a sound machine lies near one point; a worn bearing has a point of its own.
    const worn = device === 's-4' && ms > 1_200_000
    const x = (worn ? 7 : 2) + random() * 0.6
    const y = (worn ? 1 : 4) + random() * 0.6
    const late = random()
    const delay = late < 0.02 ? 60_000 + random() * 60_000 : late < 0.15 ? random() * 20_000 : random() * 800
    readings.push({ device, measured: ms, arrival: ms + delay, celsius, x, y })
  }
})
const lines = readings
  .sort((a, b) => a.arrival - b.arrival)
  .map(({ arrival, celsius, device, measured, x, y }) => {
    const values = { celsius: Number(celsius.toFixed(2)), x: Number(x.toFixed(3)), y: Number(y.toFixed(3)) }
    return JSON.stringify({ arrival: text(arrival), device, measured: text(measured), ...values })
  })
// A sensor that reports a word, and half a message.
lines.splice(
  300,
  0,
  '{"arrival":"2024-05-06 06:10:00.000","device":"s-2","measured":"2024-05-06 06:10:00.000","celsius":"hot"}',
)
lines.splice(600, 0, '{"arrival":"2024-05-06 06:20:00.000","device":"s-')
process.stdout.write(`${lines.join('\n')}\n`)
