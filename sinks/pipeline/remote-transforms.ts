/** Transforms that run elsewhere: behind HTTP, or as an AWS Lambda function. Both only carry the contract of transform.ts. */
import { TRANSFORM_BYTES_MAX, type Transform, TransformError, type TransformReply } from './transform.ts'

/** The part of `fetch` that is used; pass `fetch` itself. */
export type PostJson = (
  url: string,
  request: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly redirect: 'error'
    readonly signal: AbortSignal
  },
) => Promise<{ readonly status: number; text(): Promise<string> }>

export interface HttpTransformOptions {
  readonly url: string
  readonly post: PostJson
  /** such as an Authorization */
  readonly headers?: Readonly<Record<string, string>>
}

/** POSTs each batch as JSON; a status other than 200 is a failed invocation. */
export function httpTransform({ url, post, headers = {} }: HttpTransformOptions): Transform {
  return async (request, signal) => {
    const body = sized(JSON.stringify(request))
    const reply = await post(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal,
    })
    const text = await reply.text()
    if (reply.status !== 200)
      throw new TransformError('Lambda.FunctionError', `${url} answered ${reply.status}: ${text.slice(0, 200)}`)
    return parsed(text)
  }
}

/** The parts of `@aws-sdk/client-lambda` that are used; the package is the caller's. */
export interface LambdaTransformOptions<Command> {
  readonly client: {
    send(
      command: Command,
      options: { readonly abortSignal: AbortSignal },
    ): Promise<{ readonly FunctionError?: string | undefined; readonly Payload?: Uint8Array | undefined }>
  }
  readonly InvokeCommand: new (input: { FunctionName: string; Payload: Uint8Array }) => Command
  /** name or ARN */
  readonly FunctionName: string
}

/** Codes of the service for what the invocation failed with. */
const CODES: Readonly<Record<string, string>> = {
  TooManyRequestsException: 'Lambda.InvokeLimitExceeded',
  AccessDeniedException: 'Lambda.InvokeAccessDenied',
  ResourceNotFoundException: 'Lambda.ResourceNotFound',
}

/** Invokes a Lambda function and waits for its reply. */
export function lambdaTransform<Command>({
  client,
  InvokeCommand,
  FunctionName,
}: LambdaTransformOptions<Command>): Transform {
  return async (request, abortSignal) => {
    const Payload = Buffer.from(sized(JSON.stringify(request)))
    const reply = await client
      .send(new InvokeCommand({ FunctionName, Payload }), { abortSignal })
      .catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : ''
        throw new TransformError(
          CODES[name] ?? 'Lambda.FunctionError',
          `${FunctionName}: ${cause instanceof Error ? cause.message : String(cause)}`,
        )
      })
    const text = Buffer.from(reply.Payload ?? new Uint8Array(0)).toString('utf8')
    if (reply.FunctionError !== undefined)
      throw new TransformError('Lambda.FunctionError', `${FunctionName}: ${reply.FunctionError} ${text.slice(0, 200)}`)
    return parsed(text)
  }
}

function sized(body: string): string {
  if (Buffer.byteLength(body) <= TRANSFORM_BYTES_MAX) return body
  throw new TransformError(
    'Lambda.FunctionError',
    `the request has ${Buffer.byteLength(body)} bytes and may have ${TRANSFORM_BYTES_MAX}; lower BufferSizeInMBs`,
  )
}

/** A reply that arrived is final: one that is no JSON is handed on as what it is, and fails its batch without another call. */
function parsed(text: string): TransformReply {
  try {
    return JSON.parse(text) as TransformReply
  } catch {
    return text as unknown as TransformReply
  }
}
