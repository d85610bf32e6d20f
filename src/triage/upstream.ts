import { trustedAuthentication } from '../mail/authentication.ts'
import type { Message } from '../mail/message.ts'

/**
 * Whether the account's own server called it spam in X-Spamd-Result (rspamd). Believed only above the first Received
 * field, beside Authentication-Results of an own server: what stands below, anybody may have written.
 */
export function isSpamUpstream(message: Pick<Message, 'fields'>, authservIds: readonly string[]): boolean {
  const received = message.fields.findIndex(({ name }) => name === 'received')
  const fields = received < 0 ? [] : message.fields.slice(0, received)
  if (trustedAuthentication({ fields }, authservIds).length === 0) return false
  return fields.some(({ name, value }) => name === 'x-spamd-result' && /^[^:]{0,40}:\s*true\b/i.test(value))
}
