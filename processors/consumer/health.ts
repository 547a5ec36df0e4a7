/**
 * Probes for whoever runs the worker: `/livez` says that it runs, `/readyz` that every shard moves as well. On loopback only,
 * unless another host is given.
 */
import { type HttpHandler, isAllowedRequest, isLoopbackAddress, type Listener, type Network } from '../../core/index.ts'
import type { WorkerStatus } from './worker.ts'

export interface HealthOptions {
  readonly worker: { readonly status: Pick<WorkerStatus, 'state' | 'shards'> }
  readonly network: Network
  /** 0 picks a free one */
  readonly port: number
  /** default 127.0.0.1. Any other lets other machines ask, as a probe from outside a container does */
  readonly host?: string | undefined
}

const LOOPBACK = '127.0.0.1'

/** @throws MillraceError `address_in_use` */
export async function serveHealth({ worker, network, port, host = LOOPBACK }: HealthOptions): Promise<Listener> {
  let listener: Listener | null = null
  const handler: HttpHandler = async (request, reply) => {
    const answer = (status: number, body: unknown): void => {
      reply.start(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      reply.end(request.method === 'HEAD' ? undefined : Buffer.from(`${JSON.stringify(body)}\n`))
    }
    // A page in a browser of this machine must not read it under a name of its own.
    if (isLoopbackAddress(host) && !isAllowedRequest(request, listener?.port ?? port))
      return answer(403, { error: 'this listener answers to names of this machine only' })
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'GET only' })
    const { status } = worker
    switch (request.url.split('?')[0]) {
      case '/livez':
        return answer(status.state === 'stopped' ? 503 : 200, { state: status.state })
      case '/readyz': {
        const problems = problemsOf(status)
        return answer(problems.length === 0 ? 200 : 503, { ...status, problems })
      }
      default:
        return answer(404, { error: 'there are /livez and /readyz' })
    }
  }
  listener = await network.serve({ host, port }, handler)
  return listener
}

function problemsOf({ state, shards }: Pick<WorkerStatus, 'state' | 'shards'>): readonly string[] {
  const stopped = shards.map(shard => shard.stopped).filter(text => text !== null)
  return state === 'running' ? stopped : [`the worker is ${state}`, ...stopped]
}
