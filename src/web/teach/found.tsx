/** Questions and answers that `replyd learn` found in sent mail. */
import type { LearnedProposal } from '../../review/from-sent.ts'
import type { PersonalMatter } from '../../review/teach.ts'
import { Action, Token } from '../layout.tsx'
import { FactFields, mayTeach, type TeachView } from './teach-page.tsx'

/** A question and answer that could not be accepted as typed, and why. */
export interface TypedFound {
  id: string
  question: string
  fact: string
  fault: string
  personal: readonly PersonalMatter[]
}

interface Props {
  teach: TeachView
  found: readonly LearnedProposal[]
  typed: TypedFound | null
}

const mostShown = 20

export function Found({ teach, found, typed }: Props) {
  if (found.length === 0) return null
  const chosen = found.filter(({ id }) => id === typed?.id)
  const shown = [...chosen, ...found.filter(({ id }) => id !== typed?.id)].slice(0, mostShown)
  return (
    <section class="card block" aria-labelledby="found">
      <h2 id="found">
        {found.length === 1 ? '1 answer from your sent mail' : `${found.length} answers from your sent mail`}
      </h2>
      <p class="meta">
        <code>replyd learn</code> found these. No reply uses one before you accept it: keep what is true for
        everybody.
      </p>
      <ul class="lessons">
        {shown.map((each) => (
          <OneFound teach={teach} found={each} typed={typed?.id === each.id ? typed : null} />
        ))}
      </ul>
      {found.length > shown.length ? (
        <p class="meta">{`${found.length - shown.length} more follow when these are decided.`}</p>
      ) : null}
    </section>
  )
}

function OneFound({ teach, found, typed }: Omit<Props, 'found'> & { found: LearnedProposal }) {
  const { id, account, question, answer, conflict, mails } = found
  const times = mails.length === 1 ? 'in 1 mail' : `in ${mails.length} mails`
  return (
    <li>
      <details open={typed !== null}>
        <summary>
          <b dir="auto">{question}</b>
          <span class="meta">{conflict ? `${times}, with different answers` : times}</span>
        </summary>
        {mayTeach(teach) ? (
          <FoundForm teach={teach} found={found} typed={typed} />
        ) : (
          <p class="passage" dir="auto">
            {answer}
          </p>
        )}
      </details>
      <Action view={teach.view} to={`/teach/found/${id}/remove`} label="Remove">
        <input type="hidden" name="account" value={account} />
      </Action>
    </li>
  )
}

function FoundForm({ teach: { view }, found, typed }: Omit<Props, 'found'> & { found: LearnedProposal }) {
  const { id, account, question, answer, conflict } = found
  const unsure = typed?.personal.filter(({ certain }) => !certain) ?? []
  return (
    <form method="post" action={`/teach/found/${id}/accept`} class="stack">
      <Token view={view} />
      <input type="hidden" name="account" value={account} />
      <FactFields
        question={typed?.question ?? question}
        fact={typed?.fact ?? answer}
        fault={typed?.fault ?? null}
        label="The fact, as a reply may state it"
        rows={3}
        keeps
        doubted={unsure.length === typed?.personal.length ? unsure : []}
      >
        {conflict ? (
          <p class="warned">You have answered this in more than one way. This is the latest.</p>
        ) : null}
      </FactFields>
      <button type="submit">Accept</button>
    </form>
  )
}
