/** The reply as it will go out, always open for editing; each sentence is numbered with its source. */
import { addressOf, type InboxFilter } from './inbox-filter.ts'
import { Token, type View } from './layout.tsx'
import { type Mark, marksOf, passageOrder } from './marks.ts'
import type { Envelope, Header, Shown } from './shown.ts'

export function Seen({ shown }: { shown: Shown }) {
  return <input type="hidden" name="seen" value={shown.version} />
}

export function Editor({ view, shown, filter }: { view: View; shown: Shown; filter: InboxFilter }) {
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
      {reply ? <Seen shown={shown} /> : null}
      {header !== null ? (
        <HeaderFields header={header} from={outgoing?.from} />
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
          {reply?.text ?? ''}
        </textarea>
      </div>
      {signature === '' ? null : (
        <div class="signature" dir="auto" title="Added when it is sent">
          {signature}
        </div>
      )}
      <Texts shown={shown} />
      <p class="meta typed" role="status" hidden />
    </form>
  )
}

/** Inserted by a script: without it they are copied from their page. */
function Texts({ shown: { row, texts } }: { shown: Shown }) {
  return (
    <div class="tools">
      <button type="button" id="insert" class="plain">
        Insert a saved text
      </button>
      <a id="keep" href={`/snippets?from=${row.id}`} hx-boost="false">
        Keep this text
      </a>
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
  /** The sentence before it has the same numbers beside it. */
  again: boolean
}

const isSameParagraph = (before: Mark | undefined, { sources, doubt }: Mark): boolean =>
  before !== undefined &&
  doubt === null &&
  before.doubt === null &&
  !before.text.includes('\n') &&
  before.sources.join() === sources.join()

/** Behind the text, so that its place and colour show what a sentence rests on. The numbers stand in the margin. */
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

/** An empty field is filled in as replyd would have it. */
function HeaderFields({ header, from }: { header: Header; from: string | undefined }) {
  const field = (name: keyof Header, label: string, more: object) => (
    <>
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        value={header[name]}
        dir="auto"
        autocomplete="off"
        data-unsaved
        {...more}
      />
    </>
  )
  const addresses = { inputmode: 'email', spellcheck: false }
  return (
    <div class="envelope">
      {field('to', 'To', addresses)}
      {field('cc', 'Cc', { ...addresses, placeholder: 'Add people' })}
      {from === undefined ? null : (
        <>
          <span>From</span>
          <span dir="auto">{from}</span>
        </>
      )}
      {field('subject', 'Subject', { maxlength: 250 })}
    </div>
  )
}

export function Fields({ envelope: { from, to, cc, subject } }: { envelope: Envelope }) {
  // A subject in another direction begins behind it.
  const [prefix = ''] = /^re:\s*/i.exec(subject) ?? []
  const line = (name: string, value: string) => (
    <>
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
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
