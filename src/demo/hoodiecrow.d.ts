/**
 * The part of hoodiecrow-imap 2.1 that the demo uses; the package has no types. Strings contain one octet per
 * character.
 */
declare module 'hoodiecrow-imap' {
  import type { Server, Socket } from 'node:net'

  interface Token {
    type: string
    value: string
    section?: (Token | Token[])[]
    partial?: number[]
  }

  interface Parsed {
    tag: string
    command: string
    attributes?: (Token | Token[])[]
  }

  interface StoredMessage {
    uid: number
    flags: string[]
    internaldate: string
    raw: string
  }

  interface Mailbox {
    path: string
    uidvalidity: number
    uidnext: number
    messages: StoredMessage[]
  }

  /** Values that the compiler turns into a line: strings are quoted, null is NIL, arrays are lists. */
  type Value = string | number | null | { type: string; value: string; section?: unknown[] } | Value[]

  interface Response {
    tag: string
    command?: string
    attributes: Value[]
  }

  interface Connection {
    socket: Socket | null
    selectedMailbox?: Mailbox
    readOnly?: boolean
    directNotifications: boolean
    inputHandler: ((line: string) => void) | false
    send(response: Response, description: string, parsed: Parsed, source: string, extra?: unknown): void
    expungeSpecificMessages(
      mailbox: Mailbox,
      which: (message: StoredMessage) => boolean,
      ignoreSelf: boolean,
      ignoreExists: boolean,
    ): void
  }

  type CommandHandler = (connection: Connection, parsed: Parsed, source: string, done: () => void) => void
  type FetchHandler = (connection: Connection, message: StoredMessage, query: Token) => Value
  type OutputHandler = (
    connection: Connection,
    response: Response,
    description: string,
    parsed: Parsed,
    source: string,
    extra: unknown,
  ) => void

  interface ImapServer {
    server: Server
    fetchHandlers: Record<string, FetchHandler>
    outputHandlers: OutputHandler[]
    connectionHandlers: ((connection: Connection) => void)[]
    setMaxListeners(limit: number): void
    listen(port: number, host: string, ready: () => void): void
    getMailbox(path: string): Mailbox | undefined
    getCommandHandler(command: string): CommandHandler | false
    setCommandHandler(command: string, handler: CommandHandler): void
    getMessageRange(mailbox: Mailbox, range: string, isUid: boolean): [number, StoredMessage][]
    appendMessage(
      mailbox: string,
      flags: string[],
      internaldate: Date,
      raw: string,
    ): { message: StoredMessage }
    notify(command: Response, mailbox: Mailbox, ignoreConnection?: Connection): void
  }

  interface Options {
    credentials: object
    plugins: (string | ((server: ImapServer) => void))[]
    users: Record<string, { password: string }>
    storage: Record<string, object>
  }

  export default function hoodiecrow(options: Options): ImapServer
}

declare module 'hoodiecrow-imap/lib/mimeparser.js' {
  export default function parse(octets: string): { parsedHeader: Record<string, unknown> }
}

declare module 'hoodiecrow-imap/lib/envelope.js' {
  import type { Value } from 'hoodiecrow-imap'
  export default function envelope(header: Record<string, unknown>): Value[]
}
