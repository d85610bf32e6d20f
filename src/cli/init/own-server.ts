/**
 * The checks of the owner's mail server: finds its name in Authentication-Results by reading recent mail and, if the
 * owner wants it, tests whether the server detects a forged author.
 */
import { systemClock } from '../../base/clock.ts'
import { reasonOf } from '../../base/errors.ts'
import type { AccountSettings, Config } from '../../config/settings.ts'
import { forgeries, type Look } from '../../doctor/doctor.ts'
import { sendsAutomatically } from '../../doctor/sending.ts'
import { withOwnerMailbox } from '../../eval/owner-mailbox.ts'
import { defaultTiming, inMailbox, reading } from '../../imap/client.ts'
import { likelyAuthservId } from '../../mail/authentication.ts'
import { parseFields } from '../../mail/mime/header.ts'
import type { Say } from '../terminal.ts'
import type { Asker } from './asker.ts'
import { lacksAuthservId, withAuthservId } from './files.ts'

const mostMails = 20
/** Octets of each header: the owner's server adds its fields at the top. */
const longestTop = 16_384
const patienceMs = 15_000

/**
 * Proposes `authservIds` of one account. A person has to agree, because replyd believes any server named there.
 * @param at of the account, counted from 0
 */
export async function withOwnServer(
  yaml: string,
  config: Config,
  at: number,
  asker: Asker,
  say: Say,
): Promise<string> {
  const account = config.accounts[at]
  if (!account || account.owner.authservIds.length > 0 || !lacksAuthservId(yaml, at)) return yaml
  let id: string | null
  try {
    await say(`\nReading recent mail of ${account.owner.address} (nothing is marked as read) …`)
    id = await ownAuthservId(account, config.state)
  } catch (error) {
    await say(
      `Recent mail could not be read (${reasonOf(error)}), so authservIds stays unset. Only automatic sending needs that.`,
    )
    return yaml
  }
  if (id === null) {
    await say(
      'Recent mail does not show that your mail server checks who really wrote it, so authservIds stays unset. Only automatic sending needs that.',
    )
    return yaml
  }
  await say(`Your mail server seems to check who really wrote a mail, and to sign the result as ${id}.`)
  await say(
    'replyd believes such results only from servers that you name. Only automatic sending needs them.',
  )
  const question = `Is ${id} the server of your mail provider? n if you are not sure`
  const agreed = asker.asks && (await asker.confirm(question, true, `${at + 1}.authserv`))
  if (!asker.asks) await say('If it is yours, write it into replyd.yaml: authservIds.')
  return agreed ? withAuthservId(yaml, at, id) : yaml
}

/** Tests with a forged mail, if the owner wants them; none unless replies may be sent automatically. */
export async function wantedForgeries({ accounts, state }: Config, asker: Asker): Promise<Look[]> {
  const sending = accounts.filter(sendsAutomatically)
  if (!asker.asks || sending.length === 0) return []
  const question =
    'Replies may be sent automatically. Send yourself a mail from a forged author, to see whether it is recognised? It is deleted afterwards'
  return (await asker.confirm(question, false)) ? forgeries({ accounts: sending, state }, systemClock) : []
}

/**
 * EXAMINE and BODY.PEEK: nothing is marked as read.
 * @returns null when no id stands out
 * @throws what connecting and reading throw
 */
async function ownAuthservId(account: AccountSettings, state: Config['state']): Promise<string | null> {
  const patience = { quietMs: patienceMs, withinMs: 2 * patienceMs }
  return withOwnerMailbox(account, { state }, patience, (client) =>
    inMailbox(client, reading(account.mailbox, null), defaultTiming.trustMs, async () => {
      const exists = client.mailbox ? client.mailbox.exists : 0
      if (exists === 0) return null
      const bodyParts = [{ key: 'HEADER', start: 0, maxLength: longestTop }]
      const rows = await client.fetchAll(`${Math.max(1, exists - mostMails + 1)}:*`, { uid: true, bodyParts })
      return likelyAuthservId(
        rows.map(({ headers }) => ({ fields: parseFields(headers ?? Buffer.alloc(0)) })),
      )
    }),
  )
}
