/** The people the owner has written to: read once from all of \Sent, then incrementally. Stores addresses, no text. */
import type { Account, StepContext } from '../context.ts'
import { parseAddressList } from '../mail/address.ts'
import { fieldValues, type Message } from '../mail/message.ts'
import { messageFromParts } from '../mail/mime/octets.ts'
import { loadSentCursor, saveCorrespondents } from '../store/correspondents.ts'
import { isByHand } from './style.ts'

const hourMs = 3_600_000
/** The newest mails of a \Sent that is read for the first time. */
const mostMails = 20_000
/** Only headers are needed; one octet of text is the minimum that can be requested. */
const limits = { batch: 100, maxHeaderOctets: 16 * 1024, maxTextOctets: 1 }

/** Reads what is new in \Sent, once an hour. @returns whether it was due */
export async function observeCorrespondents(context: StepContext, account: Account): Promise<boolean> {
  const { db, clock } = context
  const { owner } = account.settings
  const known = await loadSentCursor(db, owner.address)
  if (known !== null && clock.now().getTime() - known.readAt.getTime() < hourMs) return false
  const { sent } = await account.imap.specialMailboxes()
  if (sent === null) return false
  const { uidValidity } = await account.imap.state(sent)
  const goesOn = known?.mailbox === sent && known.uidValidity === uidValidity
  let lastUid = goesOn ? known.lastUid : 0
  const uids = (await account.imap.uidsAfter(sent, uidValidity, lastUid)).slice(-mostMails)
  const save = (addresses: readonly string[]) =>
    saveCorrespondents(db, owner.address, addresses, {
      ...{ mailbox: sent, uidValidity, lastUid, readAt: clock.now() },
    })
  for await (const batch of account.imap.fetch(sent, uidValidity, uids, limits)) {
    const messages = batch.filter(({ vanished }) => !vanished).map((each) => messageFromParts(each))
    lastUid = Math.max(lastUid, ...batch.map(({ uid }) => uid))
    await save(messages.filter((message) => isByHand(message, owner)).flatMap(addresseesOf))
  }
  if (uids.length === 0) await save([])
  return true
}

const addresseesOf = (message: Message): string[] =>
  ['to', 'cc', 'bcc'].flatMap((name) =>
    fieldValues(message, name)
      .flatMap(parseAddressList)
      .flatMap(({ address }) => address.toLowerCase() || []),
  )
