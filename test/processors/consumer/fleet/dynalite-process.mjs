/** A DynamoDB of its own process, so that it does not share an event loop with the stream and the test. */
import dynalite from 'dynalite'

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`))
// without the test there is nobody to serve
process.once('disconnect', () => process.exit())
