/** Limits the size and duration of a server's answer to one command: all accounts share one event loop. */
import type { ImapFlow } from 'imapflow'
import { type FairShare, type Received, workOf } from './fair-share.ts'

/** Responses: the largest FETCH asks for a few hundred mails; the rest is for updates caused by other clients. */
const mostResponses = 20_000
/** Octets outside of literals, which are parsed: a SEARCH that finds half a million mails takes 4 MB. */
const mostParsed = 8 * 2 ** 20
/** Octets in literals: texts of a batch, or one long mail. */
const mostInLiterals = 64 * 2 ** 20

/** Where imapflow sends commands and takes responses: not public. */
interface Talking {
  exec(command: string, attributes?: unknown, options?: unknown): Promise<unknown>
  handleResponse(response: Received): Promise<boolean>
  byeReason?: string | undefined
}

/**
 * Closes the connection when a command gets too many responses or octets, or does not end in time. Unsolicited
 * responses count towards the previous command. Within these limits, reading is no faster than the server's share
 * allows.
 * @param commandMs milliseconds for a command
 * @param idleMs milliseconds for IDLE
 */
export function limitTalk(
  client: ImapFlow,
  { commandMs, idleMs, share }: { commandMs: number; idleMs: number; share: FairShare },
): void {
  const inner = client as unknown as Talking
  const exec = inner.exec.bind(client)
  const take = inner.handleResponse.bind(client)
  let heard = { responses: 0, parsed: 0, inLiterals: 0 }
  const cut = (reason: string) => {
    inner.byeReason = reason
    client.close()
  }
  inner.exec = async (command, attributes, options) => {
    heard = { responses: 0, parsed: 0, inLiterals: 0 }
    const mostMs = command === 'IDLE' ? idleMs : commandMs
    const deadline = setTimeout(() => cut(`the answer to ${command} did not end within ${mostMs} ms`), mostMs)
    try {
      return await exec(command, attributes, options)
    } finally {
      clearTimeout(deadline)
    }
  }
  inner.handleResponse = async (response) => {
    heard.responses++
    heard.parsed += response.payload.length
    for (const literal of response.literals ?? []) heard.inLiterals += literal.length
    const { responses, parsed, inLiterals } = heard
    if (responses > mostResponses || parsed > mostParsed || inLiterals > mostInLiterals) {
      cut('the server sends more than any command asks for')
      return false
    }
    const goesOn = await take(response)
    // imapflow reads nothing from the socket in the meantime.
    await share.use(workOf(response))
    return goesOn && !client.isClosed
  }
}
