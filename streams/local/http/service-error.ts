/** Errors as the service names them. Source: Kinesis API reference, the errors of each operation, and Common Errors. */
import { MillraceError } from '../../../core/index.ts'

export type ServiceErrorType =
  | 'AccessDeniedException'
  | 'ExpiredIteratorException'
  | 'ExpiredNextTokenException'
  | 'InternalFailure'
  | 'InternalFailureException'
  | 'InvalidArgumentException'
  | 'LimitExceededException'
  | 'MissingAuthenticationTokenException'
  | 'ProvisionedThroughputExceededException'
  | 'RequestEntityTooLargeException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ServiceUnavailable'
  | 'UnknownOperationException'
  | 'ValidationException'

const STATUS: Partial<Record<ServiceErrorType, number>> = {
  AccessDeniedException: 403,
  InternalFailure: 500,
  InternalFailureException: 500,
  ServiceUnavailable: 503,
  RequestEntityTooLargeException: 413,
}

export class ServiceError extends Error {
  override name = 'ServiceError'
  readonly type: ServiceErrorType

  constructor(type: ServiceErrorType, message: string) {
    super(message)
    this.type = type
  }

  get status(): number {
    return STATUS[this.type] ?? 400
  }
}

/** What the service would have said to an error of the stream. */
export function serviceErrorOf(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (!(error instanceof MillraceError))
    return new ServiceError('InternalFailure', 'The request failed inside the stream.')
  switch (error.code) {
    case 'not_found':
      return new ServiceError('ResourceNotFoundException', error.message)
    case 'already_exists':
    case 'closed':
      return new ServiceError('ResourceInUseException', error.message)
    case 'invalid_argument':
      return new ServiceError('InvalidArgumentException', error.message)
    case 'limit_exceeded':
      return new ServiceError('LimitExceededException', error.message)
    case 'expired_iterator':
      return new ServiceError('ExpiredIteratorException', error.message)
    case 'throttled':
      return new ServiceError('ProvisionedThroughputExceededException', error.message)
    default:
      return new ServiceError('InternalFailure', error.message)
  }
}
