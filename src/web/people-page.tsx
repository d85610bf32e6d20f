/** The people who log in under names of their own. */
import { type Person, type PersonRole, roles } from '../store/people.ts'
import { Confirm } from './confirm.tsx'
import { Token, type View, When } from './layout.tsx'
import { FirstPassword, NewPassword } from './you-page.tsx'

const roleWords: Readonly<Record<PersonRole, string>> = {
  reader: 'Reader: reads everything, changes nothing',
  reviewer: 'Reviewer: also decides about mail',
  owner: 'Owner: everything, Setup too',
}

interface PeopleProps {
  view: View
  people: readonly Person[]
  hasCode: boolean
  /** Input about a person who was not added. */
  typed: TypedPerson | null
}

export interface TypedPerson {
  name: string
  role: PersonRole
}

export function People({ view, people, hasCode, typed }: PeopleProps) {
  const isOwner = view.role === 'owner'
  return (
    <>
      <p class="meta">
        {view.hasLogin
          ? 'Everybody here logs in with a name and a password of their own, and History says who decided what. The shared password works too: everybody who knows it is an owner, and History calls them “owner”. To keep your name there, add yourself.'
          : 'Colleagues can log in with names and passwords of their own, and History says who decided what. Set a password for the page first.'}
      </p>
      {view.hasLogin || !isOwner ? null : <FirstPassword view={view} next="/settings/people" />}
      <section class="card block" aria-label="People">
        {people.length === 0 ? (
          <p class="nothing">
            {view.hasLogin ? 'Only you so far. Add the first colleague below.' : 'Only you so far.'}
          </p>
        ) : (
          <ul class="rows people">
            {people.map((person) => (
              <PersonRow view={view} person={person} hasCode={hasCode} isOwner={isOwner} />
            ))}
          </ul>
        )}
      </section>
      {isOwner && view.hasLogin ? <AddForm view={view} hasCode={hasCode} typed={typed} /> : null}
    </>
  )
}

interface PersonProps {
  view: View
  person: Person
  hasCode: boolean
  isOwner: boolean
}

function PersonRow({ view, person, hasCode, isOwner }: PersonProps) {
  const to = `/settings/people/${encodeURIComponent(person.id)}`
  const id = `of-${person.id.replace(/[^a-z0-9]+/g, '-')}-${person.addedAt.getTime()}`
  return (
    <li>
      <span>
        <b dir="auto">{person.name}</b> <span class="tag">{person.role}</span>
        <small>
          added by {person.addedBy}, <When at={person.addedAt} view={view} />
        </small>
      </span>
      {isOwner ? (
        <details>
          <summary>
            Change<span class="hidden">{` ${person.name}`}</span>
          </summary>
          <form method="post" action={`${to}/role`} class="stack">
            <Token view={view} />
            <RoleField id={`${id}-role`} chosen={person.role} />
            <Confirm view={view} id={`${id}-role`} hasCode={hasCode} />
            <button type="submit">Change the role</button>
          </form>
          <form method="post" action={`${to}/password`} class="stack">
            <Token view={view} />
            <NewPassword id={`${id}-new`} label="New password" />
            <Confirm view={view} id={`${id}-new`} hasCode={hasCode} />
            <button type="submit">Set the password</button>
          </form>
          <form method="post" action={`${to}/remove`} class="stack">
            <Token view={view} />
            <button type="submit" class="danger">
              Remove {person.name}
            </button>
          </form>
        </details>
      ) : null}
    </li>
  )
}

function RoleField({ id, chosen }: { id: string; chosen: PersonRole }) {
  return (
    <>
      <label for={id}>Role</label>
      <select id={id} name="role">
        {roles.map((each) => (
          <option value={each} selected={each === chosen}>
            {roleWords[each]}
          </option>
        ))}
      </select>
    </>
  )
}

function AddForm({ view, hasCode, typed }: Omit<PeopleProps, 'people'>) {
  return (
    <section class="card block" aria-labelledby="add">
      <h2 id="add">Add somebody</h2>
      <form method="post" action="/settings/people" class="stack">
        <Token view={view} />
        <label for="add-name">Name</label>
        <input
          id="add-name"
          name="name"
          value={typed?.name}
          maxlength={60}
          required
          autocomplete="off"
          dir="auto"
        />
        <RoleField id="add-role" chosen={typed?.role ?? 'reviewer'} />
        <NewPassword id="add-new" label="First password" />
        <Confirm view={view} id="add" hasCode={hasCode} />
        <button type="submit" class="primary">
          Add
        </button>
      </form>
    </section>
  )
}
