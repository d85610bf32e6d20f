/** One submission connection, logged in, that carries one mail at a time. */
import { isAscii } from 'node:buffer'
import { Socket } from 'node:net'
import SMTPConnection, { type AuthenticationType, type Options } from 'nodemailer/lib/smtp-connection'
import XOAuth2 from 'nodemailer/lib/xoauth2'
import { OwnerActionError, PermanentError } from '../base/errors.ts'
import { trusting, trustingOffered } from '../base/trust.ts'
import { plaintextAllowed } from '../config/loopback.ts'
import type { Server } from '../config/settings.ts'
import { refuseInPart, withoutPipelining } from './all-or-none.ts'
import { Body } from './body.ts'
import {
  endedConnection,
  noLoginOffered,
  openError,
  type Progress,
  StaleConnectionError,
  sendError,
} from './errors.ts'
import type { Accepted, Outgoing, SmtpTiming } from './types.ts'

const QUIT_MS = 2000
/** Octets that a server may send during a login, or for one mail. */
const MOST_SAID = 1 << 20

/**
 * TLS from the first octet, or mandatory STARTTLS. If plain text is allowed, TLS is still used when offered: it stops
 * passive listeners, and some servers on loopback accept no login without it.
 */
function security(server: Server): Options {
  const tls = trusting(server.caFile)
  if (server.secure) return { secure: true, tls }
  if (!plaintextAllowed(server)) return { secure: false, requireTLS: true, tls }
  return { secure: false, tls: trustingOffered(server.caFile, server.allowPlaintext) }
}

/** Keywords of an EHLO reply (RFC 5321 section 4.1.1.1), upper case. */
function extensionsIn(reply: string | false): ReadonlySet<string> {
  const lines = (reply || '').split(/\r?\n/).slice(1)
  return new Set(lines.map((line) => (line.slice(4).split(/\s/)[0] ?? '').toUpperCase()))
}

/** nodemailer's method for writing a command; not public, and the only place to add SMTPUTF8 to MAIL. */
interface CommandWriter {
  _sendCommand(line: string, logged?: string): void
}

/** Where nodemailer receives the server's replies: not public. */
interface Listening {
  _onData(chunk: Buffer): void
}

export class Session {
  readonly #server: Server
  readonly #connection: SMTPConnection
  /** The socket below TLS, if TLS is used. */
  readonly #socket = new Socket()
  /** The mail being sent. */
  #body: Body | null = null
  /** False if the server offers no login. */
  loggedIn = false
  #extensions: ReadonlySet<string> = new Set()
  #smtpUtf8 = false
  /** Mails tried on this connection. */
  mails = 0
  /** Octets from the server since the login began, or the last mail. */
  #said = 0

  private constructor(server: Server, timing: SmtpTiming) {
    this.#server = server
    this.#connection = new SMTPConnection({
      host: server.host,
      port: server.port,
      ...security(server),
      socket: this.#socket,
      logger: false,
      connectionTimeout: timing.connectMs,
      greetingTimeout: timing.connectMs,
      dnsTimeout: timing.connectMs,
      socketTimeout: timing.quietMs,
    })
    // For the lifetime of the connection: an unhandled error event ends the process.
    this.#connection.on('error', () => {})
    this.#signalSmtpUtf8()
    this.#resetUnfinished()
    this.#limitReplies()
    refuseInPart(this.#connection)
  }

  /** @throws OwnerActionError when the login was refused, TemporaryError for everything else */
  static async open(
    server: Server,
    timing: SmtpTiming,
    accessToken?: (refused?: string) => Promise<string>,
  ): Promise<Session> {
    if (server.oauth2 === null || accessToken === undefined) return Session.#logIn(server, timing)
    const token = await accessToken()
    try {
      return await Session.#logIn(server, timing, token)
    } catch (error) {
      if (!(error instanceof OwnerActionError)) throw error
      // A provider may revoke a token early; only the provider knows whether the sign-in is still valid.
      return Session.#logIn(server, timing, await accessToken(token))
    }
  }

  static async #logIn(server: Server, timing: SmtpTiming, token?: string): Promise<Session> {
    const session = new Session(server, timing)
    const deadline = setTimeout(() => session.#connection.close(), timing.loginMs)
    try {
      await session.#connect(token)
      return session
    } catch (error) {
      session.#connection.close()
      throw openError(error, server)
    } finally {
      clearTimeout(deadline)
    }
  }

  async #connect(token: string | undefined): Promise<void> {
    const connection = this.#connection
    await this.#answer<void>((done) => connection.connect((error) => done(error ?? null, undefined)))
    this.#extensions = extensionsIn(connection.lastServerResponse)
    const { user, password, oauth2, loginOptional } = this.#server
    if (user === '') return
    if (!connection.allowsAuth) {
      if (loginOptional || (password === '' && oauth2 === null)) return
      throw noLoginOffered(this.#server)
    }
    await this.#answer<unknown>((done) => connection.login(this.#login(token), done))
    this.loggedIn = true
  }

  /**
   * Resets the connection (RST) if it closes while a mail has no final dot: maddy treats an orderly end (FIN) as the
   * end of the mail and delivers the unfinished mail, although RFC 5321 section 4.1.1.4 requires the dot.
   */
  #resetUnfinished(): void {
    const close = this.#connection.close.bind(this.#connection)
    this.#connection.close = () => {
      if (this.#body !== null && this.#body.progress !== 'complete') this.#socket.resetAndDestroy()
      close()
    }
  }

  /** nodemailer buffers a multi-line reply until its last line. */
  #limitReplies(): void {
    const listening = this.#connection as unknown as Listening
    const take = listening._onData.bind(this.#connection)
    listening._onData = (chunk) => {
      this.#said += chunk.length
      if (this.#said > MOST_SAID) this.#connection.close()
      else take(chunk)
    }
  }

  #login(token: string | undefined): AuthenticationType {
    const { user, password } = this.#server
    if (!token) return { user, pass: password }
    return { user, oauth2: new XOAuth2({ user, accessToken: token }) }
  }

  /** nodemailer adds SMTPUTF8 only for addresses beyond ASCII; a header beyond ASCII needs it as well (RFC 6531). */
  #signalSmtpUtf8(): void {
    const writer = this.#connection as unknown as CommandWriter
    const write = writer._sendCommand.bind(this.#connection)
    writer._sendCommand = (line, logged) => {
      const wanted = this.#smtpUtf8 && line.startsWith('MAIL FROM:') && !/ SMTPUTF8\b/.test(line)
      write(wanted ? `${line} SMTPUTF8` : line, logged)
    }
  }

  /** Promisifies a callback; also settles when the connection ends without calling back. */
  #answer<T>(ask: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
    const connection = this.#connection
    return new Promise<T>((resolve, reject) => {
      const onError = (error: Error) => reject(error)
      // Deferred: the callback, which knows the reason, follows this event.
      const onEnd = () => setImmediate(() => reject(new Error('the connection was closed')))
      connection.once('error', onError)
      connection.once('end', onEnd)
      ask((error, result) => {
        connection.off('error', onError)
        connection.off('end', onEnd)
        if (error) reject(error)
        else resolve(result)
      })
    })
  }

  get usable(): boolean {
    const socket = this.#connection._socket
    return !this.#connection.destroyed && !!socket && !socket.destroyed && socket.writable
  }

  /**
   * Sends one mail. After a failure the connection is reset (RSET) or closed, so nothing of this mail can leak into
   * the next.
   * @param deadlineMs for the whole operation; a server may answer slowly and never finish
   * @param mayEnd called before the final dot; if it throws, the mail ends without a dot and the error is rethrown
   * @throws as Submission.send; StaleConnectionError when a reused connection turned out to be dead
   */
  async send(mail: Outgoing, deadlineMs: number, mayEnd: () => Promise<void>): Promise<Accepted> {
    this.mails++
    this.#said = 0
    if (mail.addressees.length === 0) throw new PermanentError('The mail has no recipient')
    if (mail.smtpUtf8 && !this.#extensions.has('SMTPUTF8')) {
      throw new PermanentError(
        'This SMTP server does not accept addresses or headers beyond ASCII (SMTPUTF8)',
      )
    }
    this.#smtpUtf8 = mail.smtpUtf8
    const body = new Body(mail.octets, mayEnd)
    this.#body = body
    const deadline = setTimeout(() => this.#connection.close(), deadlineMs)
    const restore = mail.addressees.length > 1 ? withoutPipelining(this.#connection) : () => {}
    try {
      const info = await this.#answer<Sent>((done) => this.#connection.send(envelopeOf(mail), body, done))
      const replyCode = Number(/^\d{3}/.exec(info.response)?.[0] ?? 250)
      return { replyCode, reply: info.response, messageId: info.serverMessageId ?? null }
    } catch (error) {
      const progress = await body.stop()
      await this.#startAfresh(error, progress)
      if (body.refusal !== null) throw body.refusal
      const failure = sendError(error, progress, this.#server, this.loggedIn)
      if (this.mails === 1 || progress !== 'unsent' || !endedConnection(error)) throw failure
      throw new StaleConnectionError(failure.message, { cause: error })
    } finally {
      this.#body = null
      restore()
      clearTimeout(deadline)
    }
  }

  async #startAfresh(error: unknown, progress: Progress): Promise<void> {
    if (progress === 'cut' || endedConnection(error) || !this.usable) {
      this.#connection.close()
      return
    }
    await this.#answer<unknown>((done) => this.#connection.reset(done)).catch(() => this.#connection.close())
  }

  /** Sends QUIT and waits only briefly for the answer. */
  close(): void {
    if (!this.usable) {
      this.#connection.close()
      return
    }
    this.#connection.quit()
    setTimeout(() => this.#connection.close(), QUIT_MS).unref()
  }
}

interface Sent {
  response: string
  serverMessageId?: string | undefined
}

function envelopeOf(mail: Outgoing) {
  return {
    from: mail.reversePath,
    to: [...mail.addressees],
    size: mail.octets.length,
    use8BitMime: !isAscii(mail.octets),
    // RFC 3461 section 4.1. A person who approved a mail needs to know if it does not arrive.
    ...(mail.automatic ? { dsn: { notify: 'NEVER' } } : {}),
  }
}
