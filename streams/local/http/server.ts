/**
 * Embedded streams over HTTP: the protocols of Kinesis (AWS JSON 1.1 and CBOR) on loopback. Signatures are not checked, for
 * there is no secret to check them with; Host and Origin are, so that web pages cannot reach it. Control calls, which the
 * service does not have, are on the same port and need a token.
 */
import {
  type Clock,
  type HttpReply,
  isAllowedRequest,
  isLoopbackAddress,
  type Listener,
  MillraceError,
  type Network,
  type Random,
} from '../../../core/index.ts'
import { FaultPlan } from '../faults/fault-plan.ts'
import type { LocalStreams } from '../local-streams.ts'
import { CONTROL_PATH, Control } from './control.ts'
import { dispatch } from './dispatch.ts'
import type { Service } from './service.ts'

export interface ServeStreamsOptions {
  readonly streams: LocalStreams
  readonly env: { readonly network: Network; readonly clock: Clock; readonly random: Random }
  /** default 127.0.0.1; an address that others reach needs `allowRemote` */
  readonly host?: string | undefined
  /** default 0: any free one */
  readonly port?: number | undefined
  readonly allowRemote?: boolean | undefined
  /** host names besides the loopback ones under which clients reach the listener, lower case */
  readonly extraHosts?: readonly string[] | undefined
  /** shown in ARNs; default us-east-1 */
  readonly region?: string | undefined
  /** what goes wrong; default nothing, until rules are added to the listener's `faults` */
  readonly faults?: FaultPlan | undefined
  /** needed by control calls; default a random one. At least 16 characters */
  readonly token?: string | undefined
}

export interface StreamsListener extends Listener {
  /** what to give a client as its endpoint */
  readonly url: string
  /** where rules of faults and limits are set; calls need `token` as a bearer token */
  readonly controlUrl: string
  readonly token: string
  readonly faults: FaultPlan
}

const TOKEN_BYTES = 24
const TOKEN_CHARACTERS_MIN = 16

/**
 * Serves the streams until the listener is closed.
 * @throws MillraceError `address_in_use`, `invalid_argument` for a host that is not this machine's own without `allowRemote`
 */
export async function serveStreams(options: ServeStreamsOptions): Promise<StreamsListener> {
  const { streams, env, host = '127.0.0.1', port = 0, region = 'us-east-1', extraHosts = [] } = options
  if (!isLoopbackAddress(host) && options.allowRemote !== true)
    throw new MillraceError(
      'invalid_argument',
      `host ${host} is reachable from other machines and the stream asks for no password; use 127.0.0.1, or set allowRemote`,
    )
  const faults = options.faults ?? new FaultPlan()
  const token = options.token ?? Buffer.from(env.random.bytes(TOKEN_BYTES)).toString('base64url')
  if (token.length < TOKEN_CHARACTERS_MIN)
    throw new MillraceError(
      'invalid_argument',
      `the token of the stream must have at least ${TOKEN_CHARACTERS_MIN} characters`,
    )
  const service: Service = { streams, clock: env.clock, region, faults }
  const control = new Control(streams, faults, token)
  let bound = port
  const listener = await env.network.serve({ host, port }, (request, reply) => {
    if (!isAllowedRequest(request, bound, extraHosts)) return Promise.resolve(refuseHost(reply))
    if (request.url.startsWith(CONTROL_PATH)) return control.answer(request, reply)
    return dispatch(service, request, reply, env.random)
  })
  bound = listener.port
  const authority = host.includes(':') ? `[${host}]` : host
  const url = `http://${authority}:${bound}`
  return {
    host: listener.host,
    port: bound,
    close: graceMs => listener.close(graceMs),
    url,
    controlUrl: url + CONTROL_PATH,
    token,
    faults,
  }
}

function refuseHost(reply: HttpReply): void {
  reply.start(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  reply.end('refused: Host or Origin is not this listener\n')
}
