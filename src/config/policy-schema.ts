import { z } from 'zod'
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
      '`draft`: saved in your Drafts mailbox, nothing is sent. `review`: held for a person in replyd. `send`: sent where every rule allows it',
      defaults.replies.mode,
    ),
    signature: key(
      z.union([text(), z.record(language(), text())]),
      'Written below each reply: one text, or one by language (BCP 47), of which `default` or the first serves all others',
      defaults.replies.signature,
    ),
    check: key(
      z.enum(['send', 'always', 'never']),
      'Which replies one more call checks by meaning: those that would go out by themselves (`send`), drafts, too (`always`), or none',
      defaults.replies.check,
    ),
    flagDoubts: key(
      z.boolean(),
      'Put the keyword `replyd-doubt` on a draft that replyd would not send by itself',
      defaults.replies.flagDoubts,
    ),
    interval: key(
      duration(0, 366 * day),
      'The same text goes to the same address at most once in this time (RFC 3834 section 2)',
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
      'Line below a reply that was sent by itself; by default says so in the language of the reply, an empty text leaves it out',
    ),
    humanLine: key(
      z.string().max(1000, 'must be at most 1,000 characters'),
      'Line below it that says how to reach a person: by answering HUMAN, which is then never answered automatically. By default in the language of the reply, an empty text leaves it out',
    ),
    minConfidence: key(
      fraction(),
      'A reply below this confidence waits for a person',
      defaults.replies.minConfidence,
    ),
    businessHours: key(
      businessHours(),
      'When replies may go out by themselves, by the clock of `budget.timeZone`; what is ready at another time goes out at the next opening. Always, by default',
    ),
    ownerLanguage: key(
      language(),
      'Language of the summaries for you (BCP 47)',
      defaults.replies.ownerLanguage,
    ),
  })
  .meta({ id: 'Replies', description: 'How replies are written and what becomes of them' })

export const Spam = z
  .strictObject({
    action: key(
      z.enum(['move', 'mark', 'none']),
      '`move`: to the Junk mailbox with $Junk. `mark`: $Junk only. `none`: noted in replyd only',
      defaults.spam.action,
    ),
    threshold: key(fraction(), 'Confidence from which a mail is filed as spam', defaults.spam.threshold),
    allow: key(z.array(addressOrDomain()), 'Addresses or domains that are never spam'),
    deny: key(z.array(addressOrDomain()), 'Addresses or domains that are always spam'),
  })
  .meta({ id: 'Spam', description: 'What becomes of spam' })

const Category = z
  .strictObject({
    name: required(
      word().max(60, 'must be at most 60 characters'),
      'Short name, as the model is to write it',
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
