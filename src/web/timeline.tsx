/** The history of one mail: every step, model call and edit. */
import { capitalised, outcomeOf, stageWords } from '../base/dispositions.ts'
import { actorName, sentenceOf } from '../base/reasons.ts'
import type { Explained, LoggedCall } from '../store/review-lists.ts'
import { TableHead } from './charts.tsx'
import type { View } from './layout.tsx'
import { clockOf, dollars, exactly, momentOf } from './words.ts'

const duration = (ms: number | null) => (ms === null ? '–' : `${Math.round(ms)} ms`)

export function Timeline({ explained, view }: { explained: Explained; view: View }) {
  return (
    <>
      <Steps events={explained.events} view={view} />
      {explained.calls.length === 0 ? null : <Calls calls={explained.calls} />}
      {explained.changes
        .filter(({ diff }) => diff)
        .map(({ actor, at, diff }) => (
          <details class="card edit">
            <summary>{`Edited by ${actorName(actor)}, ${momentOf(at, view.timeZone)}`}</summary>
            <pre tabindex={0} dir="auto">
              {diff}
            </pre>
          </details>
        ))}
    </>
  )
}

function Steps({ events, view }: Pick<Explained, 'events'> & { view: View }) {
  return (
    <section class="scroll" aria-label="Steps" tabindex={0}>
      <table>
        <caption>Steps</caption>
        <TableHead columns={['When', 'Step', 'Outcome', 'Reason', 'By']} numbers={['Time']} />
        <tbody>
          {events.map((event) => (
            <tr>
              <td class="when">
                <time datetime={event.at.toISOString()} title={exactly(event.at, view.timeZone)}>
                  {`${momentOf(event.at, view.timeZone)}:${clockOf(event.at, view.timeZone).slice(-2)}`}
                </time>
              </td>
              <td>{capitalised(stageWords(event.step))}</td>
              <td>
                {event.disposition === 'pending' ? 'Continues' : capitalised(outcomeOf(event.disposition))}
              </td>
              <td>{sentenceOf(event.reason)}</td>
              <td>{actorName(event.actor)}</td>
              <td class="number">{duration(event.durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Calls({ calls }: { calls: readonly LoggedCall[] }) {
  const sum = (value: (call: LoggedCall) => number) => calls.reduce((total, call) => total + value(call), 0)
  return (
    <section class="scroll" aria-label="AI calls" tabindex={0}>
      <table>
        <caption>AI calls</caption>
        <TableHead
          columns={['Step', 'Model', 'Prompt version']}
          numbers={['Tokens in', 'Of them cached', 'Tokens out', 'Cost', 'Time']}
        />
        <tbody>
          {calls.map((call) => (
            <tr>
              <td>{capitalised(stageWords(call.step))}</td>
              <td>{call.answeredBy ?? call.model}</td>
              <td>
                <code>{call.promptHash}</code>
                {call.knowledgeHash ? <small>{`knowledge ${call.knowledgeHash}`}</small> : null}
              </td>
              <td class="number">{call.inputTokens}</td>
              <td class="number">{call.cachedTokens}</td>
              <td class="number">{call.outputTokens}</td>
              <td class="number">{dollars(call.cost)}</td>
              <td class="number">{duration(call.durationMs)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colspan={3}>
              Total
            </th>
            <td class="number">{sum(({ inputTokens }) => inputTokens)}</td>
            <td class="number">{sum(({ cachedTokens }) => cachedTokens)}</td>
            <td class="number">{sum(({ outputTokens }) => outputTokens)}</td>
            <td class="number">{dollars(sum(({ cost }) => cost))}</td>
            <td class="number">{duration(sum(({ durationMs }) => durationMs ?? 0))}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  )
}
