/** The settings of the Setup page: kept in the store, validated as the file is, and applied without a restart. */
import { reasonOf } from '../base/errors.ts'
import { type Base, baseOf, overlayFaults, settle, type Unfit } from '../config/config.ts'
import {
  isEditable,
  keyOfPath,
  lockOf,
  placeOf,
  type Setting,
  type SettingPath,
  type Shown,
  shownSetting,
  within,
  withOverlay,
} from '../config/overlay.ts'
import type { Config } from '../config/settings.ts'
import type { StepContext } from '../context.ts'
import {
  currentEdits,
  loadSettingEdit,
  type SettingEdit,
  saveSettingEdit,
  settingsVersion,
} from '../store/settings.ts'
import { Refusal } from './review.ts'

/** A value that the configuration does not accept; the message has the same words as for the file. */
export class UnfitSetting extends Error {
  override name = 'UnfitSetting'
}

/** One field of the page: its value, where that comes from, and the edit that a change has to follow. */
export interface SettingView extends Shown {
  readonly path: SettingPath
  /** Null: the page never set it. */
  readonly edit: SettingEdit | null
  /** Null: the page may change it. */
  readonly lockedBy: string | null
  /** Its account or category exists. */
  readonly isPlaced: boolean
}

export class PageSettings {
  readonly #context: Pick<StepContext, 'db' | 'clock' | 'log' | 'config'>
  readonly #use: (config: Config) => void
  #base: Base | null
  #version = '0'
  #edits: readonly SettingEdit[] = []
  #unfit: readonly Unfit[] = []
  #refreshing: Promise<void> = Promise.resolve()

  /** @param use puts a whole configuration in the place of the running one */
  constructor(context: Pick<StepContext, 'db' | 'clock' | 'log' | 'config'>, use: (config: Config) => void) {
    this.#context = context
    this.#use = use
    this.#base = baseOf(context.config)
  }

  /** A configuration that was built by an embedding program can't be changed here. */
  get isChangeable(): boolean {
    return this.#base !== null
  }

  /** Settings of the page that no longer fit the file and do not apply. */
  get unfit(): readonly Unfit[] {
    return this.#unfit
  }

  /** Applies what any process has changed since the last time. One query when nothing has. */
  refresh(): Promise<void> {
    return this.#next(async () => {
      if ((await settingsVersion(this.#context.db)) !== this.#version) await this.#apply()
    })
  }

  /**
   * A configuration that was read again, with the page's settings in its gaps. It takes the place of the file as it was
   * at the start; putting it to use is left to the caller.
   */
  async over(config: Config): Promise<Config> {
    let merged = config
    await this.#next(async () => {
      this.#base = baseOf(config)
      merged = (await this.#merge()) ?? config
    })
    return merged
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#refreshing = this.#refreshing.catch(() => undefined).then(work)
    return this.#refreshing
  }

  /** The version counts as applied once it is in use: after a failure the next check tries again. */
  async #apply(): Promise<void> {
    // The version is read first, so that the next check finds an edit made in between.
    const version = await settingsVersion(this.#context.db)
    const config = await this.#merge()
    if (config === null) return
    this.#use(config)
    this.#version = version
    const left = this.#unfit.map(({ path }) => within(path).join('.'))
    this.#context.log.info({ event: 'settings.applied', version, left })
  }

  async #merge(): Promise<Config | null> {
    if (this.#base === null) return null
    const edits = await currentEdits(this.#context.db)
    const { config, unfit } = settle(this.#base, settingsOf(edits))
    this.#edits = edits
    this.#unfit = unfit
    return config
  }

  /** @throws TypeError for a path that the page does not have */
  view(path: SettingPath): SettingView {
    if (this.#base === null) throw new TypeError('These settings were not read from a file')
    const { source } = this.#base
    const key = keyOfPath(path)
    const settings = settingsOf(this.#edits)
    return {
      path,
      ...shownSetting(source, settings, path),
      isPlaced: placeOf(withOverlay(source, settings).source.document, path) !== null,
      edit: this.#edits.find((edit) => edit.path === key) ?? null,
      lockedBy: lockOf(source, path),
    }
  }

  /** What applies without a value of the page. @throws TypeError as `view` */
  without(path: SettingPath): Shown {
    if (this.#base === null) throw new TypeError('These settings were not read from a file')
    const others = settingsOf(this.#edits).filter((each) => keyOfPath(each.path) !== keyOfPath(path))
    return shownSetting(this.#base.source, others, path)
  }

  /** A setting that the page may change now. @throws Refusal when the file sets it, or the page has no such key */
  placed(path: SettingPath): SettingView {
    if (this.#base === null || !isEditable(path)) throw new Refusal('unknown-setting')
    if (lockOf(this.#base.source, path) !== null) throw new Refusal('setting-locked')
    const view = this.view(path)
    if (!view.isPlaced) throw new Refusal('unknown-setting')
    return view
  }

  /** For each change, why the configuration would not accept it together with the others; null if it would. */
  faults(changes: readonly { path: SettingPath; value: unknown }[]): (string | null)[] {
    const base = this.#base
    if (base === null) return changes.map(() => null)
    const faultsWith = (some: typeof changes): string => {
      const touched = new Set(some.map(({ path }) => keyOfPath(path)))
      const others = settingsOf(this.#edits).filter(({ path }) => !touched.has(keyOfPath(path)))
      return overlayFaults(base, [...others, ...some.filter(({ value }) => value !== undefined)]).join('; ')
    }
    const all = faultsWith(changes)
    const alone = changes.map((change) => (all === '' ? '' : faultsWith([change])) || null)
    // Each is valid alone, but not with the others.
    return all !== '' && alone.every((fault) => fault === null) ? changes.map(() => all) : alone
  }

  /**
   * @param value undefined: the page no longer sets it
   * @param follows id of the edit that the person saw, `0` for none
   * @throws Refusal when the file sets it, the page has no such key, or somebody else was faster
   * @throws UnfitSetting when the configuration does not accept it
   */
  async change(path: SettingPath, value: unknown, follows: string, actor: string): Promise<void> {
    // Not applied here: a setting that can't be used must not prevent its own correction.
    await this.#next(async () => void (await this.#merge()))
    const { edit } = this.placed(path)
    if (this.#base === null) throw new Refusal('unknown-setting')
    if ((edit?.id ?? '0') !== follows) throw new Refusal('setting-changed')
    const others = settingsOf(this.#edits).filter((each) => keyOfPath(each.path) !== keyOfPath(path))
    const faults = overlayFaults(this.#base, value === undefined ? others : [...others, { path, value }])
    if (faults.length > 0) throw new UnfitSetting(faults.join('; '))
    const [old, next] = [edit?.value ?? null, value ?? null]
    if (JSON.stringify(old) === JSON.stringify(next)) return
    const { db, clock, log } = this.#context
    const saved = await saveSettingEdit(db, {
      ...{ path: keyOfPath(path), follows, old, value: next, actor },
      at: clock.now(),
    })
    if (saved === null) throw new Refusal('setting-changed')
    log.info({ event: 'settings.changed', path: within(path).join('.'), actor })
    await this.refresh()
  }

  /** Takes an edit back, if it is the newest of its key. @throws as `change` */
  async undo(id: string, actor: string): Promise<void> {
    const edit = /^\d{1,18}$/.test(id) ? await loadSettingEdit(this.#context.db, id) : null
    if (edit === null) throw new Refusal('unknown-setting')
    await this.change(JSON.parse(edit.path) as SettingPath, edit.old ?? undefined, edit.id, actor)
  }

  /** Checks for changes at this interval, in milliseconds, until disposed. Never throws: the next check tries again. */
  watch(everyMs: number): Disposable {
    const timer = setInterval(() => {
      this.refresh().catch((error: unknown) =>
        this.#context.log.warn({ event: 'settings.failed', reason: reasonOf(error) }),
      )
    }, everyMs)
    return { [Symbol.dispose]: () => clearInterval(timer) }
  }
}

const settingsOf = (edits: readonly SettingEdit[]): Setting[] =>
  edits.flatMap(({ path, value }) =>
    value === null ? [] : [{ path: JSON.parse(path) as SettingPath, value }],
  )
