/** A port of loopback for a server that cannot choose one itself. */
import { type AddressInfo, createServer } from 'node:net'

/** Free now: whoever asks takes it at once. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
