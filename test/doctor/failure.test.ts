import { describe, expect, test } from '@jest/globals'
import { OwnerActionError, TemporaryError } from '../../src/base/errors.ts'
import { loginAdvice } from '../../src/base/providers.ts'
import { connectionFailure, type Peer, serverFailure } from '../../src/doctor/failure.ts'

const peer: Peer = { host: 'imap.example.com', port: 993, secure: true, keys: 'imap', protocol: 'IMAP' }
const server = { ...peer, user: 'ann@example.com', password: 'p', oauth2: null, allowPlaintext: false }

const withCode = (code: string, message = code) => Object.assign(new Error(message), { code })
const wrapped = (cause: unknown) => new TemporaryError('IMAP connection failed', { cause })

describe('a server that was not reached', () => {
  test.each([
    [wrapped(withCode('ENOTFOUND')), /^the host name imap\.example\.com is not known to DNS/, /imap\.host/],
    [wrapped(withCode('ECONNREFUSED')), /^nothing listens on imap\.example\.com:993$/, /imap\.port/],
    // Node.js tries each address of a name and combines the failures into one error without a message.
    [new AggregateError([withCode('ECONNREFUSED')]), /^nothing listens on/, /that the server is running/],
    [
      withCode('CERT_HAS_EXPIRED'),
      /certificate of imap\.example\.com:993 is not valid: expired .*CERT_HAS_EXPIRED/,
      /Renew/,
    ],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), /wrong name/, /imap\.host/],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), /unknown issuer/, /tls\.ca of the account/],
    [
      withCode('ERR_SSL_WRONG_VERSION_NUMBER', 'ssl3_get_record:wrong version number'),
      /does not speak TLS/,
      /imap\.secure to false/,
    ],
    [
      withCode('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ssl3_read_bytes:tlsv1 alert protocol version'),
      /does not support TLS 1\.2/,
      /Update the server/,
    ],
    [
      withCode(
        'ESOCKET',
        '806C43434B7F0000:error:0A000417:SSL routines:ssl3_read_bytes:sslv3 alert illegal parameter:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 47\n',
      ),
      /^TLS with imap\.example\.com:993 can't begin: sslv3 alert illegal parameter$/,
      /another kind of server/,
    ],
    [
      withCode('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'EPROTO'),
      /can't begin: sslv3 alert handshake failure$/,
      /another kind of server/,
    ],
    [wrapped(new Error('Server does not support STARTTLS')), /offers no STARTTLS/, /imap\.secure: true/],
    [withCode('ETIMEDOUT'), /^imap\.example\.com:993 does not answer$/, /firewall/],
    [withCode('GREETING_TIMEOUT'), /does not answer/, /firewall/],
    [wrapped(withCode('EHOSTUNREACH')), /does not answer/, /firewall/],
    [new Error('odd'), /^imap\.example\.com:993: odd$/, /imap\.host, imap\.port and imap\.secure/],
  ])('%p', (error, detail, advice) => {
    const verdict = connectionFailure(error, peer)
    expect(verdict).toEqual({
      status: 'failed',
      detail: expect.stringMatching(detail),
      advice: expect.stringMatching(advice),
    })
  })

  test('without TLS, the advice names the opposite setting', () => {
    const { advice } = connectionFailure(withCode('GREETING_TIMEOUT'), { ...peer, secure: false })
    expect(advice).toMatch(/set imap\.secure to true/)
  })
})

test('a refused login repeats what the server said', () => {
  const cause = Object.assign(new Error('Command failed'), { responseText: 'Authentication failed.' })
  const { detail, advice } = serverFailure(new OwnerActionError('account', 'x', { cause }), server, peer)
  expect(detail).toBe('imap.example.com:993 refused the login of ann@example.com: Authentication failed.')
  expect(advice).toMatch(/imap\.user and imap\.password/)
})

describe('advice for a refused login', () => {
  test.each([
    ['imap.gmail.com', /apppasswords/],
    ['smtp.office365.com', /OAuth2/],
    ['imap.mail.yahoo.com', /app password/],
    ['imap.mail.me.com', /app-specific/],
    ['imap.fastmail.com', /Fastmail: .*app password/],
    ['imap.notgmail.com', /^Check imap\.user/],
    ['gmail.com.example.org', /^Check imap\.user/],
  ])('%s', (host, advice) => {
    expect(loginAdvice({ host, oauth2: null }, 'imap')).toMatch(advice)
  })
})
