/** The categories of the Setup page: one form for the whole list. */
import type { SettingView } from '../review/page-settings.ts'
import { Token, type View } from './layout.tsx'
import { modes } from './setup-fields.ts'
import { isFixed, OriginWords, type Refused, SaveBar, Settings } from './setup-page.tsx'

export interface CategoryTyped {
  name: string
  description: string
  mode: string
}

interface CategoriesProps {
  view: View
  to: string
  setting: SettingView
  /** The categories of replyd.yaml; the page can only change their mode. */
  ofFile: readonly SettingView[]
  listed: readonly CategoryTyped[]
  refused: readonly Refused[]
}

export function Categories({ view, to, setting, ofFile, listed, refused }: CategoriesProps) {
  const fault = refused.find(({ path }) => path.at(-1) === 'categories')?.fault ?? null
  return (
    <>
      <p class="meta">
        Sort mail into kinds, such as order status, complaint or invoice, to treat each in its own way. The
        description tells the AI what belongs there.
        {setting.origin.kind === 'default' ? null : (
          <>
            {' '}
            <OriginWords view={view} origin={setting.origin} edit={setting.edit} />.
          </>
        )}
      </p>
      {isFixed(view, setting) ? (
        <FixedCategories listed={listed} />
      ) : (
        <form method="post" action={to} class="card categories" data-saves={fault === null ? '' : 'changed'}>
          <Token view={view} />
          <input type="hidden" name="path" value={JSON.stringify(setting.path)} />
          <input type="hidden" name="follows" value={setting.edit?.id ?? '0'} />
          {[...listed, { name: '', description: '', mode: '' }].map((each, at) => (
            <CategoryFields category={each} at={at} isNew={at === listed.length} />
          ))}
          {fault === null ? null : (
            <p class="fault" role="alert">
              {fault}
            </p>
          )}
          <SaveBar />
        </form>
      )}
      {isFixed(view, setting) && ofFile.length > 0 ? (
        <>
          <h2>Replies by category</h2>
          <Settings view={view} to={to} settings={ofFile} refused={refused} />
        </>
      ) : null}
    </>
  )
}

function FixedCategories({ listed }: { listed: readonly CategoryTyped[] }) {
  if (listed.length === 0) return <p class="nothing">There are none.</p>
  return (
    <dl class="card facts">
      {listed.map(({ name, description }) => (
        <>
          <dt dir="auto">{name}</dt>
          <dd dir="auto">{description}</dd>
        </>
      ))}
    </dl>
  )
}

function CategoryFields({ category, at, isNew }: { category: CategoryTyped; at: number; isNew: boolean }) {
  const { name, description, mode } = category
  return (
    <fieldset>
      <legend>{isNew ? 'New category' : name}</legend>
      <label for={`name-${at}`}>Name</label>
      <input
        id={`name-${at}`}
        name={`name-${at}`}
        value={name}
        maxlength={60}
        dir="auto"
        autocomplete="off"
      />
      <label for={`description-${at}`}>Which mails belong here</label>
      <textarea id={`description-${at}`} name={`description-${at}`} rows={2} maxlength={1000} dir="auto">
        {description}
      </textarea>
      <label for={`mode-${at}`}>What happens to a reply</label>
      <select id={`mode-${at}`} name={`mode-${at}`}>
        <option value="">Same as for all mail</option>
        {modes.map(([value, words]) => (
          <option value={value} selected={value === mode}>
            {words}
          </option>
        ))}
      </select>
      {isNew ? null : (
        <label class="check">
          <input type="checkbox" name={`remove-${at}`} value="1" />
          Remove this category
        </label>
      )}
    </fieldset>
  )
}
