/** The people who log in under names of their own, and the page where each changes their password. */
import { passwordLength } from '../review/people.ts'
import { type Person, type PersonRole, roles } from '../store/people.ts'
import { Confirm } from './confirm.tsx'
import { Token, type View, When } from './layout.tsx'
import { CodeField } from './login-page.tsx'

export const roleWords: Readonly<Record<PersonRole, string>> = {
  reader: 'Reader: reads everything, changes nothing',
  reviewer: 'Reviewer: also decides about mail',
  owner: 'Owner: everything, Setup too',
}

interface PeopleProps {
  view: View
  people: readonly Person[]
  hasCode: boolean
}

export function People({ view, people, hasCode }: PeopleProps) {
  const isOwner = view.role === 'owner'
  return (
    <>
      <p class="meta">
        Each logs in with a name and a password of their own, and the history says who decided what. The
        password of the page (web.password) stays: anybody who knows it is an owner.
      </p>
      {view.hasLogin ? null : (
        <p class="fault">
          Set web.password in replyd.yaml first: without it everybody on this machine is the owner, and nobody
          logs in.
        </p>
      )}
      <section class="card block" aria-label="People">
        {people.length === 0 ? (
          <p class="nothing">There is nobody yet.</p>
        ) : (
          <ul class="rows people">
            {people.map((person) => (
              <PersonRow view={view} person={person} hasCode={hasCode} isOwner={isOwner} />
            ))}
          </ul>
        )}
      </section>
      {isOwner && view.hasLogin ? <AddForm view={view} hasCode={hasCode} /> : null}
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

function NewPassword({ id, label }: { id: string; label: string }) {
  return (
    <>
      <label for={id}>{label}</label>
      <input
        id={id}
        name="fresh"
        type="password"
        autocomplete="new-password"
        minlength={passwordLength.least}
        maxlength={passwordLength.most}
        required
      />
    </>
  )
}

function AddForm({ view, hasCode }: { view: View; hasCode: boolean }) {
  return (
    <section class="card block" aria-labelledby="add">
      <h2 id="add">Add somebody</h2>
      <form method="post" action="/settings/people" class="stack">
        <Token view={view} />
        <label for="add-name">Name</label>
        <input id="add-name" name="name" maxlength={60} required autocomplete="off" dir="auto" />
        <RoleField id="add-role" chosen="reviewer" />
        <NewPassword id="add-new" label="First password" />
        <Confirm view={view} id="add" hasCode={hasCode} />
        <button type="submit" class="primary">
          Add
        </button>
      </form>
    </section>
  )
}

export function YourPassword({ view, hasCode }: { view: View; hasCode: boolean }) {
  if (view.person === null)
    return (
      <p class="meta">
        {view.hasLogin
          ? 'You logged in with the password of the page. It is changed in replyd.yaml (web.password); afterwards everybody logs in again.'
          : 'This page has no password: every program on this machine can open it. Set web.password in replyd.yaml.'}
      </p>
    )
  return (
    <section class="card block" aria-label="Your password">
      <p class="meta">Afterwards you log in again, on every device.</p>
      <form method="post" action="/you" class="stack">
        <Token view={view} />
        <label for="password">Your password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        {hasCode ? <CodeField /> : null}
        <NewPassword id="fresh" label="New password" />
        <button type="submit" class="primary">
          Change it
        </button>
      </form>
    </section>
  )
}
