import type { Owner } from '../mail/account.ts'
import { fieldValues, type Message } from '../mail/message.ts'

/** RFC 2369, RFC 2919 and their predecessors. With any value: `List-Post: NO` is a list field, too. */
const listFields = (
  'list-id list-post list-owner list-subscribe list-help list-archive mailing-list x-mailing-list x-ml-name ' +
  'x-beenthere x-mailman-version x-google-group-id'
).split(' ')

/** Fields that mass mailers add for their statistics and complaints (CFBL-Address: RFC 9477). */
const campaignFields = (
  'feedback-id x-campaign x-campaignid x-campaign-id x-csa-complaints x-msfbl cfbl-address cfbl-feedback-id ' +
  'x-mailing-id x-mailingid x-mailjet-campaign x-mc-user x-mailchimp-campaign x-bulkmail x-massmail x-newsletter x-sib-id ' +
  'x-rpcampaign x-cmail-gameid x-emarsys-identify x-mailer-recptid x-job'
).split(' ')

export interface ListMarks {
  /** Any list field except List-Unsubscribe, which senders also add to personal letters. */
  isList: boolean
  /** It came through one of the owner's own lists and no other. */
  isOwnList: boolean
  /** List-Unsubscribe (RFC 8058). */
  canUnsubscribe: boolean
  /** A field that mass mailers add. */
  isCampaign: boolean
}

export function listMarks(message: Pick<Message, 'fields'>, owner: Owner): ListMarks {
  const names = new Set(message.fields.map((field) => field.name))
  const own = new Set(owner.ownLists.map(listIdentifier))
  const ids = fieldValues(message, 'list-id').map(listIdentifier)
  return {
    isList: listFields.some((name) => names.has(name)),
    isOwnList: ids.length > 0 && ids.every((id) => own.has(id)),
    canUnsubscribe: names.has('list-unsubscribe'),
    isCampaign: campaignFields.some((name) => names.has(name)),
  }
}

/** The text of the last angle brackets, otherwise the whole value (RFC 2919 section 3 puts it last). */
function listIdentifier(value: string): string {
  const open = value.lastIndexOf('<')
  const close = value.indexOf('>', open)
  return (open >= 0 && close > open ? value.slice(open + 1, close) : value).trim().toLowerCase()
}
