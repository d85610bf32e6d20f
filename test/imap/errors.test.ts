import { describe, expect, test } from '@jest/globals'
import {
  OwnerActionError,
  PermanentError,
  RateLimitedError,
  TemporaryError,
  UncertainError,
} from '../../src/base/errors.ts'
import { commandError, connectError, isUnreadable, mutationError } from '../../src/imap/errors.ts'
import { accountOn } from '../live/imap-account.ts'

const server = accountOn({ host: 'imap.example.org', imapPort: 993, password: 'hunter2' }, 'me').imap
const failure = (fields: object, message = 'Command failed') => Object.assign(new Error(message), fields)
const refusal = (code: string | undefined, text = '') =>
  failure({ responseStatus: 'NO', serverResponseCode: code, responseText: text })

describe('a refused login', () => {
  test.each([
    ['AUTHENTICATIONFAILED', 'Invalid credentials (Failure)', OwnerActionError],
    ['AUTHORIZATIONFAILED', '', OwnerActionError],
    [undefined, 'LOGIN failed.', OwnerActionError],
    [undefined, 'LOGIN me hunter2 failed.', OwnerActionError],
    [undefined, `AUTHENTICATE ${Buffer.from('hunter2').toString('base64')}`, OwnerActionError],
    ['UNAVAILABLE', 'Temporary authentication failure.', TemporaryError],
    ['INUSE', '', TemporaryError],
    ['LIMIT', '', TemporaryError],
    ['ALERT', 'Too many simultaneous connections. (Failure)', TemporaryError],
    [undefined, 'Server error - please try again later', TemporaryError],
  ])('[%s] %s', (code, text, expected) => {
    const error = connectError(Object.assign(refusal(code, text), { authenticationFailed: true }), server)
    expect(error).toBeInstanceOf(expected)
    expect(error instanceof OwnerActionError).toBe(expected === OwnerActionError)
    expect(error.message).toMatch(/me at imap\.example\.org|imap\.example\.org \(me\)/)
    expect(error.message).not.toMatch(/hunter2|aHVudGVyM/)
  })

  test('no connection is not a refused login', () => {
    expect(connectError(failure({ code: 'ECONNREFUSED' }), server)).toBeInstanceOf(TemporaryError)
  })

  test("the owner's remedy fits the way of logging in", () => {
    const error = Object.assign(refusal('AUTHENTICATIONFAILED'), { authenticationFailed: true })
    const oauth2 = {
      provider: 'google' as const,
      clientId: '',
      clientSecret: null,
      tokenUrl: '',
      deviceUrl: null,
      authorizeUrl: null,
      scopes: [],
    }
    expect(connectError(error, server).message).toContain('password')
    expect(connectError(error, { ...server, oauth2 }).message).toContain('replyd auth')
  })
})

describe('a failed command', () => {
  test.each([
    [refusal('NONEXISTENT'), PermanentError],
    [refusal('TRYCREATE'), PermanentError],
    [refusal('NOPERM'), PermanentError],
    [failure({ code: 'NotFound' }), PermanentError],
    [failure({ mailboxMissing: true, responseStatus: 'NO' }), PermanentError],
    [refusal('UNAVAILABLE'), TemporaryError],
    [refusal('OVERQUOTA'), TemporaryError],
    [refusal(undefined), TemporaryError],
    [
      failure({ responseStatus: 'BAD', responseText: 'User is authenticated but not connected.' }),
      TemporaryError,
    ],
    [failure({ code: 'NoConnection' }), TemporaryError],
    ['not even an error', TemporaryError],
  ])('%#: %s', (error, expected) => {
    expect(commandError(error, 'SEARCH')).toBeInstanceOf(expected)
  })

  test('throttling says how long to wait, minus the time already waited', () => {
    const error = commandError(
      failure({ code: 'ETHROTTLE', throttleReset: 92_415, throttleWaited: 30_000 }),
      'FETCH',
    )
    expect(error).toBeInstanceOf(RateLimitedError)
    expect((error as RateLimitedError).retryAfterMs).toBe(62_415)
  })

  test('an error that is already classified stays as it is', () => {
    const error = new UncertainError('lost')
    expect(commandError(error, 'SEARCH')).toBe(error)
    expect(connectError(error, server)).toBe(error)
    expect(mutationError(error, 'APPEND')).toBe(error)
  })
})

describe('a failed APPEND or MOVE', () => {
  test.each([
    [failure({ code: 'NoConnection', rejectedFrom: 'pendingRequest' }), UncertainError],
    [failure({ code: 'ETIMEOUT' }), UncertainError],
    [failure({ code: 'ECONNRESET' }), UncertainError],
    [failure({ code: 'ParserError11' }), UncertainError],
    [failure({ code: 'NoConnection', rejectedFrom: 'noSocket' }), TemporaryError],
    [failure({ code: 'EConnectionClosed', rejectedFrom: 'execNoSocket' }), TemporaryError],
    [refusal('OVERQUOTA'), TemporaryError],
    [refusal('TRYCREATE'), PermanentError],
    [failure({ serverResponseCode: 'APPENDLIMIT' }), PermanentError],
    [failure({ code: 'ETHROTTLE', throttleReset: 5000, responseStatus: 'BAD' }), RateLimitedError],
  ])('%#: %s', (error, expected) => {
    expect(mutationError(error, 'APPEND')).toBeInstanceOf(expected)
  })
})

test.each([
  [failure({ code: 'ParserError11' }), true],
  [failure({ code: 'LiteralTooLarge' }), true],
  [failure({ code: 'TooManyTokens' }), true],
  [refusal(undefined, 'Some messages could not be FETCHed'), true],
  [refusal('UNAVAILABLE'), false],
  [failure({ code: 'ETHROTTLE', responseStatus: 'BAD' }), false],
  [failure({ code: 'NoConnection' }), false],
])('isUnreadable %#: %s is %s', (error, expected) => {
  expect(isUnreadable(error)).toBe(expected)
})
