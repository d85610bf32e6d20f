/** The gaps that most mails had, each with its mails and a form in which the missing fact is typed once. */
import type { Offer } from '../../review/offers.ts'
import type { Gap, GapMail, PersonalMatter } from '../../review/teach.ts'
import { Action, Token, When } from '../layout.tsx'
import { Pages } from '../pages.tsx'
import { Offers, type TypedOffer } from './offers.tsx'
import { type Rewriting, RewritingCard } from './rewriting.tsx'
import { FactFields, mayTeach, TeachPage, type TeachView, teachPath } from './teach-page.tsx'

export const gapsPath = '/teach'
export const gapWeeks = 4

/** A fact that was not written, and why. */
export interface TypedFact {
  gap: string
  question: string
  fact: string
  fault: string
  /** Words that may be about somebody; a person can say that they are not. */
  personal: readonly PersonalMatter[]
}

interface GapsView {
  gaps: readonly Gap[]
  total: number
  first: string | null
  next: string | null
  typed: TypedFact | null
  offers: readonly Offer[]
  typedOffer: TypedOffer | null
  hasFolder: boolean
  /** Drafts that are being written again. */
  rewriting: Rewriting | null
}

export function GapsPage({ teach, shown }: { teach: TeachView; shown: GapsView }) {
  const { gaps, total, typed, hasFolder } = shown
  return (
    <TeachPage teach={teach} title="Missing facts" place={gapsPath}>
      {shown.rewriting === null ? null : <RewritingCard rewriting={shown.rewriting} />}
      {total === 0 ? (
        <p class="empty">Nothing is missing now. When a reply lacks a fact, its question appears here.</p>
      ) : (
        <p class="meta lead">
          {!mayTeach(teach)
            ? `What replies of the last ${gapWeeks} weeks could not say.`
            : hasFolder
              ? `What replies of the last ${gapWeeks} weeks could not say. Type the fact once: it goes into the knowledge, and drafts that wait for it are written again.`
              : 'What replies could not say. To fill these gaps here, name a knowledge folder in replyd.yaml.'}
        </p>
      )}
      <div class="gaps-list">
        {gaps.map((gap, at) => (
          <OneGap
            teach={teach}
            gap={gap}
            isOpen={typed === null ? at === 0 : typed.gap === gap.id}
            typed={typed?.gap === gap.id ? typed : null}
            hasFolder={hasFolder}
          />
        ))}
      </div>
      <Pages first={shown.first} next={shown.next} words={['← First', 'More →']} />
      {mayTeach(teach) ? <Offers teach={teach} offers={shown.offers} typed={shown.typedOffer} /> : null}
    </TeachPage>
  )
}

interface GapProps {
  teach: TeachView
  gap: Gap
  isOpen: boolean
  typed: TypedFact | null
  hasFolder: boolean
}

function OneGap({ teach, gap, isOpen, typed, hasFolder }: GapProps) {
  const { question, others, mails } = gap
  return (
    <details class="card gap" open={isOpen}>
      <summary>
        <b dir="auto">{question}</b>
        <span class="tag">{mails.length === 1 ? '1 mail' : `${mails.length} mails`}</span>
      </summary>
      <div class="pair">
        {hasFolder && mayTeach(teach) ? <Lesson teach={teach} gap={gap} typed={typed} /> : <p />}
        <div>
          {others.length === 0 ? null : (
            <p class="meta">
              Also asked as:{' '}
              <span dir="auto">
                {others
                  .slice(0, 5)
                  .map((other) => `“${other}”`)
                  .join(', ')}
              </span>
            </p>
          )}
          <Behind teach={teach} mails={mails} />
          {hasFolder && mails.some(({ waits, edited }) => waits && !edited) ? (
            <Action
              view={teach.view}
              to={`/teach/gaps/${gap.id}/again`}
              label="It is in the knowledge: write again"
            >
              <input type="hidden" name="account" value={teach.account} />
            </Action>
          ) : null}
        </div>
      </div>
    </details>
  )
}

const mostShown = 8

function Behind({ teach: { view }, mails }: { teach: TeachView; mails: readonly GapMail[] }) {
  return (
    <ul class="behind" aria-label="Mails that asked for it">
      {mails.slice(0, mostShown).map(({ id, subject, fromName, fromAddress, arrivedAt, waits }) => (
        <li>
          <a href={waits ? `/replies/${id}` : `/mails/${id}`} dir="auto">
            {subject || '(no subject)'}
          </a>
          <span class="meta" dir="auto">
            {fromName || fromAddress || 'Nobody'}
          </span>
          <span class="meta">{waits ? 'waits' : ''}</span>
          <When at={arrivedAt} view={view} short />
        </li>
      ))}
      {mails.length > mostShown ? <li class="meta">{`and ${mails.length - mostShown} more`}</li> : null}
    </ul>
  )
}

/** What happens to the drafts, before it happens. */
function effectWords(mails: readonly GapMail[]): string {
  const again = mails.filter(({ waits, edited }) => waits && !edited).length
  const edited = mails.filter((mail) => mail.waits && mail.edited).length
  const kept =
    edited === 0 ? '' : ` ${edited === 1 ? '1 that you edited stays' : `${edited} that you edited stay`}.`
  if (again === 0) return `No draft waits for it.${kept}`
  return `${again === 1 ? '1 waiting draft' : `${again} waiting drafts`} will be written again.${kept}`
}

function Lesson({ teach: { view, account }, gap, typed }: Pick<GapProps, 'teach' | 'gap' | 'typed'>) {
  const isUnsure =
    typed !== null && typed.personal.length > 0 && typed.personal.every(({ certain }) => !certain)
  return (
    <form method="post" action="/teach/facts" class="stack">
      <Token view={view} />
      <input type="hidden" name="account" value={account} />
      <input type="hidden" name="gap" value={gap.id} />
      <FactFields
        question={typed?.question ?? gap.question}
        fact={typed?.fact ?? ''}
        fault={typed?.fault ?? null}
        label="The fact, as a reply may state it"
        rows={4}
        keeps
        doubted={isUnsure ? typed.personal : []}
      />
      <p class="meta">{effectWords(gap.mails)}</p>
      <button type="submit" class="primary">
        Teach it
      </button>
    </form>
  )
}

export const factPath = (account: string, id: string) =>
  teachPath(`/teach/facts/${encodeURIComponent(id)}/remove`, account)
