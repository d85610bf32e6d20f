import { Action, type View } from './layout.tsx'
import type { Status } from './status.ts'

/** On every page: one quiet line while all is well, and one line with its repair for each part that is not. */
export function StatusStrip({ view }: { view: View }) {
  const [broken, well] = [view.status.filter(({ ok }) => !ok), view.status.filter(({ ok }) => ok)]
  return (
    <section
      id="status"
      aria-label="Status"
      hx-get={view.path}
      hx-trigger="changed from:body"
      hx-select="#status"
      hx-swap="outerHTML"
    >
      {broken.map((status) => (
        <p class="trouble" role="status">
          <span>
            <b>{status.part}:</b> {status.words}
          </span>
          <Repair view={view} status={status} />
        </p>
      ))}
      <p class="well">
        {well.map(({ part, words }) => (
          <span>{`${part}: ${words}`}</span>
        ))}
        <span id="connection" role="status" />
      </p>
    </section>
  )
}

function Repair({ view, status: { repair } }: { view: View; status: Status }) {
  if (repair === null) return null
  if (repair.post !== undefined) return <Action view={view} to={repair.post} label={repair.label} />
  return repair.open === view.path ? null : (
    <a class="button" href={repair.open}>
      {repair.label}
    </a>
  )
}
