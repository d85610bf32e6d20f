/** The reply as it will go out, always open for editing; each sentence is numbered with its source. */
import { notWhole } from '../mail/reply/typed.ts'
import type { Refusal } from '../review/review.ts'
import { addressOf, type InboxFilter } from './inbox-filter.ts'
import { Token, type View } from './layout.tsx'
import { type Mark, marksOf, passageOrder } from './marks.ts'
import type { Envelope, Header, Shown } from './shown.ts'

/** Text that was typed and not saved, and why. */
export interface Refused {
  refusal: Refusal
  /** Null if a script of the page keeps it. */
  typed: (Header & { text: string }) | null
}

/** The reply was decided while a person was still typing: they can copy their text. A script fills it in. */
export function Unused({ typed }: { typed: Refused['typed'] }) {
  return (
    <section id="unused" class="unused" aria-label="What you typed" hidden={typed === null}>
      <p>You had typed this. It was not saved or sent.</p>
      <textarea readonly rows={6} dir="auto" aria-label="What you typed">
        {typed?.text ?? ''}
      </textarea>
      <div class="buttons">
        <button type="button" id="copy-unused">
          Copy
        </button>
        <button type="button" id="drop-unused" class="plain">
          Discard
        </button>
      </div>
    </section>
  )
}

/** Also of a mail without a reply: somebody may write one meanwhile. */
export function Seen({ shown }: { shown: Shown }) {
  return <input type="hidden" name="seen" value={shown.version} />
}

interface EditorProps {
  view: View
  shown: Shown
  filter: InboxFilter
  refused: Refused | null
}

export function Editor({ view, shown, filter, refused }: EditorProps) {
  const { row, reply, header, outgoing, signature } = shown
  const marks = reply === null ? [] : marksOf(reply)
  const order = reply === null ? [] : passageOrder(reply, marks)
  return (
    <form
      id="editor"
      method="post"
      action={addressOf(`/replies/${row.id}/edit`, filter)}
      class="editor"
      data-reply={row.id}
      data-greets={row.fromName ?? undefined}
    >
      <Token view={view} />
      <Seen shown={shown} />
      {/* The Enter key in a field presses the first button of a form: it must not send. */}
      <button type="submit" class="hidden" tabindex={-1}>
        Save
      </button>
      {header !== null ? (
        <HeaderFields header={header} from={outgoing?.from} refused={refused} />
      ) : outgoing === null ? null : (
        <Fields envelope={outgoing} />
      )}
      <label for="text" class="hidden">
        Text of the reply
      </label>
      <div class="paper">
        <div class="mirror" aria-hidden="true" dir="auto">
          {marks.map((mark, at) => (
            <Marked
              mark={mark}
              numbers={mark.sources.map((source) => order.indexOf(source) + 1)}
              again={isSameParagraph(marks[at - 1], mark)}
            />
          ))}
          {'\n'}
        </div>
        <textarea id="text" name="text" rows={4} required dir="auto" placeholder="Write the reply">
          {refused?.typed?.text ?? reply?.text ?? ''}
        </textarea>
      </div>
      {signature === '' ? null : (
        <div class="signature" dir="auto" title="Added when it is sent">
          {signature}
        </div>
      )}
      <Texts shown={shown} />
      <p
        id="unsaved"
        class="meta"
        role="status"
        data-unkept="Not saved, and this browser can’t keep it: save it before you leave."
        hidden
      >
        <span>Not saved yet: this is kept in this browser only.</span>{' '}
        <button type="button" id="to-saved" class="plain">
          Back to the saved text
        </button>
      </p>
    </form>
  )
}

/** A script inserts them; without JavaScript a person copies them from their page. */
function Texts({ shown: { row, texts } }: { shown: Shown }) {
  return (
    <div class="tools">
      <button type="button" id="insert" class="plain">
        Insert a saved text
      </button>
      <a id="keep" href={`/snippets?from=${row.id}`} hx-boost="false">
        Keep this text
      </a>
      <button type="button" id="before" class="plain" hidden>
        The previous draft
      </button>
      <ul id="texts" hidden>
        {texts.map(({ name, text }) => (
          <li data-name={name}>{text}</li>
        ))}
      </ul>
    </div>
  )
}

interface MarkedProps {
  mark: Mark
  numbers: readonly number[]
  /** The sentence before it has the same numbers next to it. */
  again: boolean
}

const isSameParagraph = (before: Mark | undefined, { sources, doubt }: Mark): boolean =>
  before !== undefined &&
  doubt === null &&
  before.doubt === null &&
  !before.text.includes('\n') &&
  before.sources.join() === sources.join()

/** Lies behind the text: its position and colour show what a sentence rests on. The numbers are in the margin. */
function Marked({ mark: { text, sources, doubt }, numbers, again }: MarkedProps) {
  const end = text.trimEnd()
  if (sources.length === 0 && doubt === null) return <>{text}</>
  return (
    <>
      <span class={doubt === null ? 'leans' : 'doubted'}>{end}</span>
      <span class={again ? 'margin again' : 'margin'}>
        {doubt === null ? null : (
          <span class="doubt" title={doubt}>
            ?
          </span>
        )}
        {numbers.map((number) => (
          <a class="ref" href={`#source-${number}`} tabindex={-1}>
            {number}
          </a>
        ))}
      </span>
      {text.slice(end.length)}
    </>
  )
}

interface HeaderProps {
  header: Header
  from: string | undefined
  refused: Refused | null
}

/** replyd fills in a field that is left empty. */
function HeaderFields({ header, from, refused }: HeaderProps) {
  const values = refused?.typed ?? header
  const field = (name: keyof Header, label: string, more: object) => {
    const fault = refused?.refusal.field?.name === name ? refused.refusal.field.why : null
    const marked = fault === null ? {} : { 'aria-invalid': 'true', 'aria-describedby': `${name}-fault` }
    return (
      <>
        <label for={name}>{label}</label>
        <input
          id={name}
          name={name}
          value={values[name]}
          autocomplete="off"
          data-unsaved
          {...more}
          {...marked}
        />
        {fault === null ? null : (
          <small id={`${name}-fault`} class="fault" dir="auto">
            {fault}
          </small>
        )}
      </>
    )
  }
  // Addresses run from left to right, even if the names do not.
  const addresses = { inputmode: 'email', spellcheck: false, dir: 'ltr', 'data-unfit': notWhole('…') }
  return (
    <div class="envelope">
      {field('to', 'To', addresses)}
      {field('cc', 'Cc', { ...addresses, placeholder: 'Add people' })}
      {from === undefined ? null : (
        <>
          <span>From</span>
          <span>
            <Mailboxes list={from} />
          </span>
        </>
      )}
      {field('subject', 'Subject', { maxlength: 250, dir: directionOf(values.subject) })}
    </div>
  )
}

const answers = /^(?:re:\s*)+/i

/** The direction of the sender's own words: a prefix such as `Re:` has none. */
function directionOf(subject: string): 'ltr' | 'rtl' {
  const first = /\p{L}/u.exec(subject.replace(answers, ''))?.[0] ?? ''
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(first)
    ? 'rtl'
    : 'ltr'
}

/** Names in their own direction, each before its address. */
export function Mailboxes({ list }: { list: string }) {
  return (
    <>
      {list.split(/(<[^<>]*>)/).map((part) => {
        if (part.startsWith('<')) return <bdi dir="ltr">{part}</bdi>
        const name = part.replace(/^[,\s]+/, '')
        return (
          <>
            {part.slice(0, part.length - name.length)}
            <bdi>{name.trimEnd()}</bdi>{' '}
          </>
        )
      })}
    </>
  )
}

export function Fields({ envelope: { from, to, cc, subject } }: { envelope: Envelope }) {
  // The sender's words follow the prefix, and may have another direction.
  const [prefix = ''] = answers.exec(subject) ?? []
  const line = (name: string, value: string) => (
    <>
      <dt>{name}</dt>
      <dd>
        <Mailboxes list={value} />
      </dd>
    </>
  )
  return (
    <dl class="envelope">
      {line('To', to)}
      {cc === '' ? null : line('Cc', cc)}
      {line('From', from)}
      <dt>Subject</dt>
      <dd>
        {prefix}
        <bdi>{subject.slice(prefix.length)}</bdi>
      </dd>
    </dl>
  )
}
