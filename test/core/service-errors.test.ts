import { expect, test } from 'vitest'
import { ServiceErrors } from '../../core/index.ts'

const errors = new ServiceErrors({ prefix: 'dynamodb', meanings: new Map() })
const thrown = (name: string, httpStatusCode: number) =>
  errors.of(Object.assign(new Error('text'), { name, $metadata: { httpStatusCode } }), {
    action: 'UpdateItem',
    resource: 'the table t',
  })

test.each([
  ['TooManyRequestsException', 400],
  ['RequestThrottledException', 400],
  ['RequestTimeout', 400],
  ['RequestTimeoutException', 400],
  ['SomethingElse', 408],
  ['SomethingElse', 429],
])('%s with status %i is repeated more slowly', (name, status) => {
  expect(thrown(name, status)).toMatchObject({
    code: 'throttled',
    retry: 'backoff',
    message: `dynamodb:UpdateItem on the table t failed with ${name} (status ${status}); it is repeated more slowly`,
  })
})

test('any other status of the 4xx is a refusal, and one of the 5xx is repeated', () => {
  expect(thrown('SomethingElse', 400)).toMatchObject({ code: 'invalid_argument', retry: 'never' })
  expect(thrown('SomethingElse', 500)).toMatchObject({ code: 'internal', retry: 'backoff' })
})
