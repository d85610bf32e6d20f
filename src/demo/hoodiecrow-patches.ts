/**
 * A hoodiecrow plugin that fixes what affects replyd's daemon in hoodiecrow-imap 2.1: FETCH of parts (see
 * imap-fetch.ts); IDLE that kept a 30-minute timer after the client had gone and went on notifying after DONE; UID
 * EXPUNGE that removed messages without \Deleted (RFC 4315 section 2.1); flag changes that were not reported to other
 * connections (RFC 9051 section 7.5.2).
 */
import type { ImapServer, Response } from 'hoodiecrow-imap'
import { fetchHandlers } from './imap-fetch.ts'

/** Must be last in the list of plugins: it wraps what the others registered. */
export function hoodiecrowPatches(server: ImapServer): void {
  // Every connection adds a listener to the server; Node warns on stderr from the eleventh on.
  server.setMaxListeners(0)
  Object.assign(server.fetchHandlers, fetchHandlers)
  patchIdle(server)
  patchExpunge(server)
  tellOthersOfFlags(server)
}

function patchIdle(server: ImapServer): void {
  const idle = server.getCommandHandler('IDLE')
  if (!idle) return
  server.setCommandHandler('IDLE', (connection, parsed, source, done) => {
    idle(connection, parsed, source, done)
    const finish = connection.inputHandler
    if (!finish) return
    connection.inputHandler = (line) => {
      finish(line)
      connection.directNotifications = false
    }
  })
  // Also ends the command's timer, which would keep the process alive.
  server.connectionHandlers.push((connection) => {
    connection.socket?.once('close', () => {
      if (connection.inputHandler) connection.inputHandler('DONE')
    })
  })
}

function patchExpunge(server: ImapServer): void {
  const expunge = server.getCommandHandler('UID EXPUNGE')
  if (!expunge) return
  server.setCommandHandler('UID EXPUNGE', (connection, parsed, source, done) => {
    const token = parsed.attributes?.[0]
    const mailbox = connection.selectedMailbox
    if (!mailbox || !token || Array.isArray(token)) return expunge(connection, parsed, source, done)
    const range = new Set(server.getMessageRange(mailbox, token.value, true).map(([, message]) => message))
    const deleted = [...range].filter((message) => message.flags.includes('\\Deleted'))
    connection.expungeSpecificMessages(mailbox, (message) => deleted.includes(message), false, true)
    connection.send(completed(parsed.tag, 'UID EXPUNGE completed'), 'UID EXPUNGE', parsed, source)
    done()
  })
}

function tellOthersOfFlags(server: ImapServer): void {
  server.outputHandlers.push((connection, _response, description, parsed) => {
    const token = parsed?.attributes?.[0]
    const mailbox = connection.selectedMailbox
    const stored = description === 'UID STORE COMPLETE' || description === 'STORE COMPLETE'
    if (!stored || !mailbox || !token || Array.isArray(token)) return
    for (const [number, message] of server.getMessageRange(
      mailbox,
      token.value,
      description.startsWith('UID'),
    )) {
      const flags = message.flags.map((value) => ({ type: 'ATOM', value }))
      const names = ['FLAGS', 'UID'].map((value) => ({ type: 'ATOM', value }))
      const [flagsName = null, uidName = null] = names
      const pair = [uidName, message.uid, flagsName, flags]
      server.notify(
        { tag: '*', attributes: [number, { type: 'ATOM', value: 'FETCH' }, pair] },
        mailbox,
        connection,
      )
    }
  })
}

function completed(tag: string, value: string): Response {
  return { tag, command: 'OK', attributes: [{ type: 'TEXT', value }] }
}
