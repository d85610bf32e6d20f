import * as z from 'zod'
import { defaults } from './defaults.ts'
import {
  addressOrDomain,
  businessHours,
  duration,
  fraction,
  key,
  language,
  required,
  text,
  word,
} from './fields.ts'

const day = 24 * 60 * 60_000

const mode = () => z.enum(['draft', 'review', 'send'])

export const Replies = z
  .strictObject({
    mode: key(
      mode(),
      '`draft`: saved in your Drafts mailbox, nothing is sent. `review`: held in replyd for a person. `send`: sent if every rule allows it',
      defaults.replies.mode,
    ),
    signature: key(
      z.union([text(), z.record(language(), text())]),
      'Signature below each reply: one text, or one per language (BCP 47); `default` or the first one is used for all other languages',
      defaults.replies.signature,
    ),
    check: key(
      z.enum(['send', 'always', 'never']),
      'Which replies are checked by meaning with one more model call: those that would be sent automatically (`send`), also drafts (`always`), or none',
      defaults.replies.check,
    ),
    draftDespite: key(
      z.array(z.enum(['auto-generated', 'bulk'])),
      'Modes `draft` and `review`: also write drafts for mail marked `Auto-Submitted: auto-generated` or `Precedence: bulk`, which some gateways also put on mail from people. Such mail is never answered automatically',
      defaults.replies.draftDespite,
    ),
    flagDoubts: key(
      z.boolean(),
      'Set the keyword `replyd-doubt` on a draft that replyd would not send automatically',
      defaults.replies.flagDoubts,
    ),
    interval: key(
      duration(0, 366 * day),
      'Minimum time before the same text is sent to the same address again (RFC 3834 section 2)',
      defaults.replies.interval,
    ),
    undo: key(duration(0, day), 'Time between approval and sending', defaults.replies.undo),
    approve: key(
      z.enum(['off', 'flag']),
      '`flag`: flagging a draft in your mail client, or moving it to a mailbox named Approved, approves it',
      defaults.replies.approve,
    ),
    html: key(z.boolean(), 'Add an HTML alternative when the original has one', defaults.replies.html),
    quote: key(
      z.enum(['none', 'short']),
      '`short`: quote a few lines of the original',
      defaults.replies.quote,
    ),
    disclosure: key(
      z.string().max(1000, 'must be at most 1,000 characters'),
      'Line in an automatically sent reply: by default it says in the language of the reply that an AI system wrote and sent it, and for whom (EU AI Act, Article 50). `{owner}` becomes the name of the account; an empty text omits the line',
    ),
    disclosureAt: key(
      z.enum(['above', 'below']),
      'Where that line is: above or below the text',
      defaults.replies.disclosureAt,
    ),
    disclosureIn: key(
      z.enum(['every', 'first']),
      'Whether `every` automatic reply says so, or only the `first` one to each correspondent',
      defaults.replies.disclosureIn,
    ),
    humanLine: key(
      z.string().max(1000, 'must be at most 1,000 characters'),
      'Line below it that says how to reach a person: by replying HUMAN; such a mail is never answered automatically. By default in the language of the reply; an empty text omits it',
    ),
    minConfidence: key(
      fraction(),
      'A reply below this confidence waits for a person',
      defaults.replies.minConfidence,
    ),
    businessHours: key(
      businessHours(),
      'When replies may be sent automatically, in `budget.timeZone`; a reply that is ready at another time is sent when the next business hours begin. By default, always',
    ),
    ownerLanguage: key(
      language(),
      'Language of the summaries for you (BCP 47)',
      defaults.replies.ownerLanguage,
    ),
  })
  .meta({ id: 'Replies', description: 'How replies are written and handled' })

export const Spam = z
  .strictObject({
    action: key(
      z.enum(['move', 'mark', 'none']),
      '`move`: to the Junk mailbox with $Junk. `mark`: $Junk only. `none`: recorded in replyd only',
      defaults.spam.action,
    ),
    threshold: key(fraction(), 'Minimum confidence for filing a mail as spam', defaults.spam.threshold),
    allow: key(z.array(addressOrDomain()), 'Addresses or domains that are never spam'),
    deny: key(z.array(addressOrDomain()), 'Addresses or domains that are always spam'),
  })
  .meta({ id: 'Spam', description: 'What happens to spam' })

const Category = z
  .strictObject({
    name: required(
      word().max(60, 'must be at most 60 characters'),
      'Short name, as the model should write it',
    ),
    description: required(
      word().max(1000, 'must be at most 1,000 characters'),
      'Which mails belong here, in plain words',
    ),
    mode: key(mode(), 'Overrides `replies.mode` for these mails'),
  })
  .meta({ id: 'Category' })

export const Categories = z.array(Category).max(40, 'must be at most 40 entries')
export const Instructions = text()
