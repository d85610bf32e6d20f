/** The fields of the Setup page: what each is called and how it is entered. */
import type { SettingPath } from '../config/overlay.ts'

type Choices = readonly (readonly [value: string, words: string])[]

interface Text {
  /** `share`: a percentage. */
  readonly kind: 'text' | 'dollars' | 'share' | 'hours'
  readonly placeholder?: string
}
interface Duration {
  readonly kind: 'duration'
  /** Assumed for a number without a unit. */
  readonly unit: 's' | 'd'
}
interface Choice {
  readonly kind: 'choice'
  readonly choices: Choices
}
interface Long {
  /** `lines`: a list, one entry a line. */
  readonly kind: 'long' | 'lines'
  readonly rows: number
  readonly placeholder?: string
}

export type FieldForm = Text | Duration | Choice | Long

export interface Field {
  /** Without the account. */
  readonly path: SettingPath
  readonly label: string
  readonly help: string
  readonly form: FieldForm
  /** Shown if it has no value. */
  readonly unset?: string
  /** Folded away. */
  readonly rare?: true
}

export const sections = {
  replies: 'Replies',
  instructions: 'Instructions',
  categories: 'Categories',
  senders: 'Senders',
  budget: 'Budget',
  people: 'People',
  changes: 'Changes',
} as const
export type SectionName = keyof typeof sections

export const yesNo: Choices = [
  ['true', 'Yes'],
  ['false', 'No'],
]
export const modes: Choices = [
  ['draft', 'Save it in Drafts'],
  ['review', 'Keep it here until somebody decides'],
  ['send', 'Send it if every rule allows'],
]

const replies = (name: string): SettingPath => ['replies', name]
const dollars: FieldForm = { kind: 'dollars' }
const share: FieldForm = { kind: 'share' }

const replyFields: readonly Field[] = [
  {
    path: replies('mode'),
    label: 'What happens to a reply',
    help: 'A category can override this. Mail that must not be answered automatically never is.',
    form: { kind: 'choice', choices: modes },
  },
  {
    path: replies('undo'),
    label: 'Time to undo',
    help: 'Between your “Send” and the moment a reply goes out, such as 60 seconds or 5 minutes. A number alone means seconds.',
    form: { kind: 'duration', unit: 's' },
  },
  {
    path: replies('businessHours'),
    label: 'Business hours',
    help: 'Automatic replies go out in these hours only, such as Mon-Fri 9-17, Sat 10-13:30.',
    form: { kind: 'hours' },
    unset: 'At any time',
  },
  {
    path: replies('signature'),
    label: 'Signature',
    help: 'Added below each reply: your name and company, for example.',
    form: { kind: 'long', rows: 3 },
    unset: 'No signature',
  },
  {
    path: replies('minConfidence'),
    label: 'Minimum confidence to send',
    help: 'How sure the AI must be of a reply that is sent automatically, such as 80 %. Anything less waits for you.',
    form: share,
  },
  {
    path: replies('check'),
    label: 'Check the facts',
    help: 'Checks a second time whether a reply says anything that your knowledge does not.',
    form: {
      kind: 'choice',
      choices: [
        ['send', 'Before sending'],
        ['always', 'For every reply'],
        ['never', 'Never'],
      ],
    },
  },
  {
    path: replies('approve'),
    label: 'Approve in the mail client',
    help: 'Flagging a draft, or moving it to a mailbox named Approved, sends it.',
    form: {
      kind: 'choice',
      choices: [
        ['off', 'No'],
        ['flag', 'Yes'],
      ],
    },
    rare: true,
  },
  {
    path: replies('interval'),
    label: 'Repeat the same text after',
    help: 'Until then the same text is not sent to the same address again, such as 7 days.',
    form: { kind: 'duration', unit: 'd' },
    rare: true,
  },
  {
    path: replies('ownerLanguage'),
    label: 'Language of summaries',
    help: 'A short code such as en, de or fr.',
    form: { kind: 'text', placeholder: 'en' },
    rare: true,
  },
  {
    path: replies('quote'),
    label: 'Quote the mail',
    help: 'A few lines of it, below the reply.',
    form: {
      kind: 'choice',
      choices: [
        ['none', 'No'],
        ['short', 'A few lines'],
      ],
    },
    rare: true,
  },
  {
    path: replies('html'),
    label: 'Formatted replies',
    help: 'Also as HTML, where the mail was HTML.',
    form: { kind: 'choice', choices: yesNo },
    rare: true,
  },
  {
    path: replies('flagDoubts'),
    label: 'Mark doubtful drafts',
    help: 'With the keyword replyd-doubt, which some mail clients can show.',
    form: { kind: 'choice', choices: yesNo },
    rare: true,
  },
]

const timeZone: Field = {
  path: ['budget', 'timeZone'],
  label: 'Time zone',
  help: 'For business hours, midnight and the times on these pages.',
  form: { kind: 'text', placeholder: 'Europe/Berlin' },
}

const senderFields: readonly Field[] = [
  {
    path: ['spam', 'allow'],
    label: 'Never spam',
    help: 'One per line: ann@example.com is one person, partner.example is everybody there.',
    form: { kind: 'lines', rows: 5, placeholder: 'partner.example\nann@example.com' },
  },
  {
    path: ['spam', 'deny'],
    label: 'Always spam',
    help: 'Addresses or domains, one per line.',
    form: { kind: 'lines', rows: 5, placeholder: 'annoying.example' },
  },
  {
    path: ['spam', 'action'],
    label: 'What happens to spam',
    help: 'It is never deleted.',
    form: {
      kind: 'choice',
      choices: [
        ['move', 'Move it to Junk'],
        ['mark', 'Mark it as junk, and leave it'],
        ['none', 'Only note it here'],
      ],
    },
  },
  {
    path: ['spam', 'threshold'],
    label: 'Minimum confidence for spam',
    help: 'How sure the AI must be before mail is treated as spam, such as 90 %.',
    form: share,
  },
]

const budgetFields: readonly Field[] = [
  {
    path: ['budget', 'perDay'],
    label: 'US dollars a day',
    help: 'What the AI may cost in all. Once it is spent, mail waits until midnight.',
    form: dollars,
  },
  {
    path: ['budget', 'perSender'],
    label: 'Share of one sender',
    help: "At most this part of the day's budget, such as 20 %. 100 %: no limit.",
    form: share,
    rare: true,
  },
  {
    path: ['budget', 'perDomain'],
    label: 'Share of one domain',
    help: 'At most this part, for senders you have never written to, such as 50 %.',
    form: share,
    rare: true,
  },
  {
    path: ['budget', 'reserve'],
    label: 'Kept for people you know',
    help: 'This part of the budget is kept for senders you have written to, such as 20 %.',
    form: share,
    rare: true,
  },
]

/** The fields of a section. @param scope null: for all accounts */
export function fieldsOf(section: SectionName, scope: string | null): readonly Field[] {
  if (section === 'replies') return scope === null ? [...replyFields, timeZone] : [nameField, ...replyFields]
  if (section === 'senders') return senderFields
  if (section === 'budget') return scope === null ? budgetFields : [accountBudget]
  return section === 'instructions' ? [instructions] : []
}

const instructions: Field = {
  path: ['instructions'],
  label: 'Instructions',
  help: 'How replies should sound and what they must never do, in plain words.',
  form: {
    kind: 'long',
    rows: 14,
    placeholder: 'We are a small bicycle shop. Be friendly and brief. Never promise a delivery date.',
  },
}
const nameField: Field = {
  path: ['name'],
  label: 'Name of the sender',
  help: 'The name that people see next to your address.',
  form: { kind: 'text', placeholder: 'Example Support' },
}
const accountBudget: Field = {
  path: ['budget', 'perDay'],
  label: 'US dollars a day for this account',
  help: 'Its part of the budget of all accounts. Empty: no separate limit.',
  form: dollars,
}

const allFields = [
  ...replyFields,
  ...senderFields,
  ...budgetFields,
  timeZone,
  instructions,
  nameField,
  accountBudget,
]

export const fieldAt = (path: SettingPath): Field | undefined => {
  const rest = path[0] === 'accounts' ? path.slice(2) : path
  if (rest.length === 3 && rest[0] === 'categories') return categoryMode
  return allFields.find((field) => field.path.join(' ') === rest.join(' '))
}

const categoryMode: Field = {
  path: ['categories', '', 'mode'],
  label: 'Replies to this category',
  help: '',
  form: { kind: 'choice', choices: modes },
  unset: 'Same as for all mail',
}

/** `Spam: never spam` for a path, with its account. */
export function nameOf(path: SettingPath): string {
  const account = path[0] === 'accounts' ? path[1] : undefined
  const rest = account === undefined ? path : path.slice(2)
  const name =
    rest[0] === 'categories'
      ? rest[1] === undefined
        ? 'Categories'
        : `Replies to “${rest[1]}”`
      : (fieldAt(path)?.label ?? rest.join('.'))
  return account === undefined ? name : `${name}, ${account}`
}

/** The section that shows a path. */
export function sectionOf(path: SettingPath): SectionName {
  const [first, second] = path[0] === 'accounts' ? path.slice(2) : path
  if (first === 'spam') return 'senders'
  if (first === 'budget' && second === 'timeZone') return 'replies'
  if (first === 'budget' || first === 'instructions' || first === 'categories') return first
  return second === undefined && first !== 'name' ? 'changes' : 'replies'
}
