/** The reply as it will go out, always open for editing; each sentence is numbered with its source. */
import { addressOf, type InboxFilter } from './inbox-filter.ts'
import { Token, type View } from './layout.tsx'
import { type Mark, marksOf } from './marks.ts'
import type { Envelope, Shown } from './shown.ts'

export function Seen({ shown }: { shown: Shown }) {
  return <input type="hidden" name="seen" value={shown.version} />
}

export function Editor({ view, shown, filter }: { view: View; shown: Shown; filter: InboxFilter }) {
  const { row, reply, outgoing, signature } = shown
  const marks = reply === null ? [] : marksOf(reply)
  return (
    <form
      id="editor"
      method="post"
      action={addressOf(`/replies/${row.id}/edit`, filter)}
      class="editor"
      data-reply={row.id}
    >
      <Token view={view} />
      {reply ? <Seen shown={shown} /> : null}
      {outgoing === null ? null : <Fields envelope={outgoing} />}
      <label for="text" class="hidden">
        Text of the reply
      </label>
      <div class="paper">
        <div class="mirror" aria-hidden="true" dir="auto">
          {marks.map((mark) => (
            <Marked mark={mark} />
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
      <p class="meta typed" role="status" hidden />
    </form>
  )
}

/** Behind the text, so that its place and colour show what a sentence rests on. The numbers are in the margin. */
function Marked({ mark: { text, sources, doubt } }: { mark: Mark }) {
  const end = text.trimEnd()
  if (sources.length === 0 && doubt === null) return <>{text}</>
  return (
    <>
      <span class={doubt === null ? 'leans' : 'doubted'}>{end}</span>
      <span class="margin">
        {doubt === null ? null : (
          <span class="doubt" title={doubt}>
            ?
          </span>
        )}
        {sources.map((source) => (
          <a class="ref" href={`#source-${source + 1}`} tabindex={-1}>
            {source + 1}
          </a>
        ))}
      </span>
      {text.slice(end.length)}
    </>
  )
}

export function Fields({ envelope: { from, to, cc, subject } }: { envelope: Envelope }) {
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
      {line('Subject', subject)}
    </dl>
  )
}
