/** What an event of the log means, in words for the owner. `{name}` stands for a field. */

import { type Disposition, outcomeOf } from '../base/dispositions.ts'
import { actorName } from '../base/reasons.ts'
import { times } from './terminal.ts'

/** Every event of level info and above; an empty text if the reason says everything. */
export const eventWords: Readonly<Record<string, string>> = {
  'daemon.started': 'replyd is running',
  'daemon.stopping': 'replyd is stopping',
  'daemon.cut-short': 'work was cut short; the next start resumes it',
  'config.reloaded': 'the configuration was read again; changed: {changed}; needs a restart: {restart}',
  'config.refused': 'the changed configuration was not accepted',
  'settings.changed': '{path} was changed on the page by {actor}',
  'settings.applied': 'the settings of the page apply',
  'settings.failed': 'the settings of the page could not be applied; replyd will retry soon',
  'state.made-private': '{path} is now private',
  'store.connection-lost': 'the connection to the database was lost',
  'store.backup': 'a backup was made',
  'store.forgotten': 'the text of a correspondent was removed',
  'store.tidied': 'the embedded database was tidied up: {octets}',
  retention: 'the text of {removed} old mails was removed',
  audit: 'daily check: {arrived} mails arrived, {missed} were missed',
  'audit.failed': 'the daily check failed',
  'watch.baseline': 'the mailbox was opened for the first time; mails in it: {exists}',
  'watch.failed': 'new mail could not be read; replyd will retry soon',
  'watch.lease-failed': 'the database did not confirm that this process watches the mailbox',
  'watch.uidvalidity-changed': 'the server has renumbered the mailbox; replyd is finding its place again',
  'imap.watch.lost': 'the connection that waits for new mail was lost; next try in {waitMs}',
  'imap.watch.callback': 'new mail was announced, but could not be read',
  'imap.commands.lost': 'the connection to the mailbox was lost; next try in {waitMs}',
  'imap.connections.limited': 'the IMAP server takes no more than {connections} connections',
  'smtp.connections.limited': 'the SMTP server takes no more than {connections} connections',
  'owner.action-needed': '',
  'oauth.signed-in': 'signed in at the provider, by {actor}',
  'account.paused': 'sending was paused by {actor}',
  'account.resumed': 'sending was resumed by {actor}',
  'account.retried': 'tried again, as {actor} asked',
  'mail.settled': 'mail {id}: {disposition}',
  'mail.decided': 'mail {id}, by {actor}',
  'step.failed': "a mail can't be processed further for now",
  'teach.rewriting-failed': 'not all drafts could be written again after a fact was taught',
  'sweep.failed': 'looking for waiting mail failed; replyd will retry soon',
  'store.analyse-failed': 'the database did not renew its statistics, so it may be slower than necessary',
  'reply.commit-failed': 'a sent reply could not be recorded yet; retrying at once',
  'sent.copy-refused': 'a reply was sent, but the server did not accept a copy of it in Sent',
  'draft.not-removed': 'the draft of a decided reply stays in Drafts: the mailbox could not be reached',
  'observe.failed': 'Drafts, Sent and Junk could not be checked; replyd will retry soon',
  'style.learned': 'your style was learned from sent mail; languages: {languages}',
  'digest.failed': 'the daily summary could not be sent',
  'autonomy.granted': '{category} may be sent automatically, as {actor} decided',
  'autonomy.revoked': '{category} is no longer sent automatically, as {actor} decided',
  'lesson.forgotten': 'something learned was removed by {actor}',
  'lesson.recalled': 'something learned was put back by {actor}',
  'model.answered': 'the model answered in {durationMs}',
  'model.notice': '',
  'model.notice-not-stored': 'the state of the model could not be recorded',
  'model.recovered': 'the model {model} answers again',
  'model.warning': 'about the model {model}',
  'model.context': 'the model {model} takes at most {contextTokens} tokens; longer text is cut',
  'model.degraded': 'the model {model} does not know every option; it is asked without them',
  'model.thinks': 'the model {model} thinks first, and gets {thinking} more tokens for that',
  'model.limits-not-stored': "the provider's limits could not be recorded",
  'model.cost-not-stored': 'the cost of a call could not be recorded; it counts at its highest cost',
  'model.calls-lost': 'calls to the model that never finished: {count}; they count at their highest cost',
  'budget.reached': "today's budget is used up; mail waits until {until}",
  'budget.share-reached': 'a sender has used up their share of the budget; their mail waits until {until}',
  'knowledge.opened': 'the knowledge was read: {files}, {passages}',
  'knowledge.indexed': 'the knowledge has changed and was read again: {passages}',
  'knowledge.left-out': '{file} is left out of the knowledge',
  'knowledge.too-much': 'files are left out of the knowledge',
  'knowledge.outside': '{file} is left out of the knowledge',
  'knowledge.stale': 'files are left out of the knowledge',
  'knowledge.unsupported': 'files are left out of the knowledge',
  'knowledge.unreadable': '{file} of the knowledge cannot be read',
  'knowledge.changed': 'the knowledge folder was changed by {actor}',
  'knowledge.taught': 'a fact was taught',
  'teach.resumed': 'drafts are written again with a fact that was taught before the last stop',
  'knowledge.untaught': 'a taught fact was taken back',
  'knowledge.proposed': 'an assistant proposed a fact',
  'knowledge.site': 'the web pages of the knowledge were read',
  'knowledge.site-unread': '{url} of the knowledge cannot be read',
  'lookup.failed': 'the lookup {lookup} failed',
  'web.failed': 'a page of replyd failed ({path})',
  'people.added': 'somebody may log in to the page now, as {role}',
  'people.removed': 'somebody may no longer log in to the page',
  'people.role-changed': 'somebody on the page is now {role}',
  'people.password-set': 'somebody got another password for the page',
  'people.password-changed': 'somebody changed their password for the page',
  'web.login-refused': 'a login to the page was refused: wrong password',
  'web.token-created': 'an API token was created, for {scopes}',
  'web.token-revoked': 'an API token was revoked',
  'webhook.failed': '{type} could not be reported to a webhook; replyd will retry later',
  'webhooks.failed': 'webhooks could not be checked; replyd will retry soon',
  'push.failed': 'notifications could not be checked; replyd will retry soon',
  'push.refused': 'a notification was not accepted; replyd will retry later',
  'queue.unreachable': 'the queue does not answer; waiting mail is found again within a minute',
  'queue.error': 'the queue {queue} reports an error',
  'queue.worker-error': 'the queue {queue} reports an error',
  'queue.kept': 'jobs of the last run stay in the queue',
  'queue.shared': 'the queue is shared with another installation',
  'redis.connection-lost': 'the connection to Redis was lost',
  'traces.not-installed': 'traces need another package: {install}',
  'traces.not-taken': 'traces could not be delivered',
}

const units: Readonly<Record<string, string>> = { files: 'file', passages: 'passage' }

function shown(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (name === 'disposition') return outcomeOf(value as Disposition)
  if (name === 'actor') return actorName(String(value))
  if (typeof value !== 'number') return String(value ?? '?')
  const unit = units[name]
  if (unit !== undefined) return times(value, unit)
  if (name.endsWith('Ms')) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`
  return name === 'octets' ? `${(value / 1_000_000).toFixed(1)} MB` : String(value)
}

/** @returns the event in words; an unknown one by its name */
export function wordsOf(event: string, fields: Readonly<Record<string, unknown>>): string {
  const words = eventWords[event] ?? event.replace(/[.-]/g, ' ')
  return words.replace(/\{(\w+)\}/g, (_, name: string) => shown(name, fields[name]))
}
