/**
 * A DynamoDB of its own process, so that it does not share an event loop with the stream and the test. The test sets by message
 * how often a call is refused as one too many (`throttled`), and how often a reply is lost after its effect (`lostReplies`), both from 0 to 1.
 */
import { createServer } from 'node:http'
import dynalite from 'dynalite'

const faults = { throttled: 0, lostReplies: 0, seed: 1 }
const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded',
})

/** The same figures for the same seed: which call they meet is up to the machine. */
function random() {
  faults.seed = (Math.imul(faults.seed, 1_664_525) + 1_013_904_223) >>> 0
  return faults.seed / 2 ** 32
}

const tables = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
const server = createServer((request, response) => {
  if (random() < faults.throttled) {
    request.resume()
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED)
    return
  }
  if (random() < faults.lostReplies) response.end = () => response.destroy()
  tables.emit('request', request, response)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`))
process.on('message', changes => Object.assign(faults, changes))
// without the test there is nobody to serve
process.once('disconnect', () => process.exit())
