/**
 * Finds the runs of a DOCX that no reader sees, or that no longer hold because they are struck through (ECMA-376 part 1,
 * section 17.3.2). Text that a stranger hides there is meant for the model, and text that an owner hides is a note that
 * no reply may reveal.
 */
import { read } from './xml.ts'

/** Depth of styles that are based on each other; a cycle ends there. */
const deepestStyle = 20
/** In half points. */
const tiny = 2

/** Whether a property that is on or off is on (section 17.17.4). */
const isOn = (value: string) => !/^(?:0|false|off)$/i.test(value)

const isWhite = (colour: string) => /^f{6}$/i.test(colour)

/** Ids of the styles that hide text, themselves or through the style that they are based on. */
export function hiddenStyles(xml: string): Set<string> {
  const basedOn = new Map<string, string>()
  const hides = new Map<string, boolean>()
  let style = ''
  read(xml, {
    opened: (name, { 'w:styleId': id = '', 'w:val': value = '' }) => {
      if (name === 'w:style') style = id
      else if (name === 'w:basedOn') basedOn.set(style, value)
      else if (name === 'w:vanish') hides.set(style, isOn(value))
    },
  })
  const isHidden = (id: string, steps = 0): boolean =>
    hides.get(id) ?? (steps < deepestStyle && basedOn.has(id) && isHidden(basedOn.get(id) ?? '', steps + 1))
  return new Set([...hides.keys(), ...basedOn.keys()].filter((id) => isHidden(id)))
}

const newRun = () => ({
  ...{ styled: false, vanish: null as boolean | null, tiny: false, white: false, ground: false },
  ...{ struck: false, raised: false },
})

/** Follows the elements of a document, and tracks the look of the current run. */
export class Looks {
  readonly #styles: ReadonlySet<string>
  /** Tables and boxes may have their own background, so white letters can be read there. */
  #containers = 0
  #movedAway = 0
  /** What the formatting was before a tracked change. */
  #former = 0
  #inRun = false
  #paragraph = { hidden: false, ground: false }
  #run = newRun()

  constructor(styles: ReadonlySet<string>) {
    this.#styles = styles
  }

  get isHidden(): boolean {
    const { styled, vanish, tiny, white, ground, struck } = this.#run
    const hasGround = ground || this.#paragraph.ground || this.#containers > 0
    const vanishes = vanish ?? (styled || this.#paragraph.hidden)
    return this.#movedAway > 0 || vanishes || tiny || struck || (white && !hasGround)
  }

  /** It is a superscript. */
  get isRaised(): boolean {
    return this.#run.raised
  }

  opened(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'w:p') this.#paragraph = { hidden: false, ground: false }
    else if (name === 'w:r') this.#begin(true)
    else if (name === 'w:tbl' || name === 'w:txbxContent') this.#containers++
    else if (name === 'w:moveFrom') this.#movedAway++
    else if (/^w:[rp]PrChange$/.test(name)) this.#former++
    else if (this.#former === 0) this.#note(name, attributes)
  }

  closed(name: string): void {
    if (name === 'w:r') this.#begin(false)
    else if (name === 'w:tbl' || name === 'w:txbxContent') this.#containers--
    else if (name === 'w:moveFrom') this.#movedAway--
    else if (/^w:[rp]PrChange$/.test(name)) this.#former--
  }

  #begin(inRun: boolean): void {
    this.#inRun = inRun
    this.#run = newRun()
  }

  #note(name: string, { 'w:val': value = '', 'w:fill': fill = '' }: Readonly<Record<string, string>>): void {
    const ground =
      name === 'w:highlight' || (name === 'w:shd' && !isWhite(fill) && !/^(?:auto)?$/i.test(fill))
    if (name === 'w:pStyle') this.#paragraph.hidden = this.#styles.has(value)
    // Within the properties of a paragraph, the others only describe its mark.
    else if (!this.#inRun) this.#paragraph.ground ||= ground
    else if (name === 'w:rStyle') this.#run.styled = this.#styles.has(value)
    else if (name === 'w:vanish') this.#run.vanish = isOn(value)
    else if (name === 'w:strike' || name === 'w:dstrike') this.#run.struck ||= isOn(value)
    else if (name === 'w:vertAlign') this.#run.raised = value === 'superscript'
    else if (name === 'w:sz') this.#run.tiny = Number(value) <= tiny
    else if (name === 'w:color') this.#run.white = isWhite(value)
    else this.#run.ground ||= ground
  }
}
